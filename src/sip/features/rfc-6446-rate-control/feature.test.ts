import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { FakeClock } from '../../../../test/support/fake-clock.ts';
import { type InProcess, startInProcess } from '../../../../test/support/in-process.ts';
import { SipClient } from '../../../../test/support/sip-client.ts';

const ROMEO = 'sip:romeo@example.test';
const pidf = (note: string) =>
  `<presence xmlns="urn:ietf:params:xml:ns:pidf" entity="${ROMEO}"><tuple id="a"><status><basic>open</basic></status><note>${note}</note></tuple></presence>`;

let clock: FakeClock;
let server: InProcess;
let romeo: SipClient;
let juliet: SipClient;

beforeEach(async () => {
  clock = new FakeClock();
  server = await startInProcess({ people: ['romeo', 'juliet'], clock });
  await server.befriend('romeo', 'juliet');
  const { password, running } = server;
  const options = { port: running.ports.sip!, password, transport: 'tcp' } as const;
  juliet = await SipClient.open({ ...options, person: 'juliet' });
  romeo = await SipClient.open({ ...options, person: 'romeo' });
});
afterEach(async () => {
  juliet.close();
  romeo.close();
  await server.stop();
});

async function settled(): Promise<void> {
  await juliet.request('OPTIONS', 'sip:example.test', { authenticate: false });
}

test('RFC 6446 §5: with a max-rate changes are gathered, and the newest is told when its time has come', async () => {
  await juliet.subscribe(ROMEO, { event: 'presence;max-rate=0.05' });
  assert.match((await juliet.expect('NOTIFY')).get('subscription-state'), /^active;expires=3600;max-rate=0.05$/);
  await settled();
  const { headers } = await romeo.publish(pidf('one'));
  clock.advance(10_000);
  await romeo.publish(pidf('two'), { tag: headers.find(([name]) => name === 'sip-etag')![1] });
  clock.advance(9_800);
  await settled();
  assert.equal(juliet.unread.length, 0);
  clock.advance(400);
  assert.match((await juliet.expect('NOTIFY')).body, /two/);
});

test('RFC 6446 §5.2: a SUBSCRIBE is answered at once all the same, and without a rate it has none any more', async () => {
  const { dialog } = await juliet.subscribe(ROMEO, { event: 'presence;max-rate=0.01' });
  await juliet.expect('NOTIFY');
  await juliet.subscribe(ROMEO, { event: 'presence', dialog: dialog! });
  assert.equal((await juliet.expect('NOTIFY')).get('subscription-state'), 'active;expires=3600');
  await settled();
  await romeo.publish(pidf('one'));
  assert.match((await juliet.expect('NOTIFY')).body, /one/);
});

test('RFC 6446 §6: with a min-rate the whole state is told again though nothing has changed', async () => {
  await juliet.subscribe(ROMEO, { event: 'presence;min-rate=0.1' });
  const first = await juliet.expect('NOTIFY');
  for (let i = 0; i < 3; i++) {
    await settled();
    assert.equal(juliet.unread.length, 0);
    clock.advance(10_200);
    const next = await juliet.expect('NOTIFY');
    assert.equal(next.body, first.body);
    assert.match(next.get('subscription-state'), /;min-rate=0.1$/);
  }
});
