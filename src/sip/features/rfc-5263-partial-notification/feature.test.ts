import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import type { Element } from '#xml/element.ts';
import { type InProcess, startInProcess } from '../../../../test/support/in-process.ts';
import { type Dialog, type Message, SipClient } from '../../../../test/support/sip-client.ts';
import { patchPidf, readPidfDiff } from '../../bodies/pidf-diff.ts';
import { writePidf } from '../../bodies/pidf-writer.ts';

const ROMEO = 'sip:romeo@example.test';
const PREFERS = ['Accept: application/pidf+xml;q=0.3, application/pidf-diff+xml;q=1'];
const pidf = (note: string) =>
  `<presence xmlns="urn:ietf:params:xml:ns:pidf" entity="${ROMEO}"><tuple id="a"><status><basic>open</basic></status><note>${note}</note></tuple><tuple id="b"><status><basic>open</basic></status><contact>sip:b@example.test</contact><note>another service, of which much can be said that stays as it is</note></tuple></presence>`;

let server: InProcess;
let romeo: SipClient;
let juliet: SipClient;
let dialogs: Dialog[] = [];

before(async () => {
  server = await startInProcess({ people: ['romeo', 'juliet'] });
  await server.befriend('romeo', 'juliet');
  const { password, running } = server;
  const options = { port: running.ports.sip!, password, transport: 'tcp' } as const;
  juliet = await SipClient.open({ ...options, person: 'juliet' });
  romeo = await SipClient.open({ ...options, person: 'romeo' });
});
afterEach(async () => {
  for (const dialog of dialogs) {
    await juliet.subscribe(ROMEO, { dialog, expires: 0, headers: ['Suppress-If-Match: *'] });
  }
  dialogs = [];
});
after(async () => {
  juliet.close();
  romeo.close();
  await server.stop();
});

async function subscribe(headers: readonly string[]): Promise<Message> {
  const { dialog } = await juliet.subscribe(ROMEO, { headers });
  dialogs.push(dialog!);
  return juliet.expect('NOTIFY');
}

function full(notify: Message): { document: Element; version: number } {
  assert.equal(notify.get('content-type'), 'application/pidf-diff+xml');
  const read = readPidfDiff(notify.body);
  assert.ok(read.kind === 'full', notify.body);
  return { document: read.document, version: read.version! };
}

test('RFC 5263 §4.2: all of it at first; then what has changed, version by version, comes to the same', async () => {
  let tag = (await romeo.publish(pidf('one'))).get('sip-etag');
  let { document, version } = full(await subscribe(PREFERS));
  const plain = (await juliet.subscribe(ROMEO, { headers: ['Accept: application/pidf+xml'] })).dialog!;
  dialogs.push(plain);
  await juliet.expect('NOTIFY');
  for (const note of ['two', 'three']) {
    tag = (await romeo.publish(pidf(note), { tag })).get('sip-etag');
    const one = await juliet.expect('NOTIFY', ({ body }) => body.includes(note));
    const other = await juliet.expect('NOTIFY', ({ body }) => body.includes(note));
    const [notify, whole] = one.get('call-id') === plain.callId ? [other, one] : [one, other];
    const diff = readPidfDiff(notify.body);
    assert.ok(diff.kind === 'diff', notify.body);
    assert.ok(notify.body.length < whole.body.length, notify.body);
    assert.equal(diff.version, ++version);
    const patched = patchPidf(document, diff.patches);
    document = patched.document;
    assert.equal(writePidf(patched.pidf), whole.body);
  }
  await romeo.publish('', { tag, expires: 0 });
  await juliet.expect('NOTIFY');
  await juliet.expect('NOTIFY');
});

test('RFC 5263 §4.2: a refresh is answered with all of it, and the versions go on', async () => {
  const first = full(await subscribe(PREFERS));
  await juliet.subscribe(ROMEO, { dialog: dialogs[0]! });
  assert.equal(full(await juliet.expect('NOTIFY')).version, first.version + 1);
});

test('RFC 5263 §4.1: whoever would rather have it whole, or takes anything, is told in whole documents', async () => {
  for (const accept of [
    'Accept: application/pidf-diff+xml;q=0.5, application/pidf+xml',
    'Accept: application/pidf+xml, application/pidf-diff+xml',
    'Accept: application/pidf-diff+xml;q=0, application/pidf+xml;q=0.1',
    'Accept: */*',
  ]) {
    assert.equal((await subscribe([accept])).get('content-type'), 'application/pidf+xml', accept);
  }
  assert.equal(
    (await subscribe(['Accept: application/pidf-diff+xml'])).get('content-type'),
    'application/pidf-diff+xml',
  );
});
