import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type InProcess, startInProcess } from '../../../test/support/in-process.ts';
import { SipClient } from '../../../test/support/sip-client.ts';

const ROMEO = 'sip:romeo@example.test';
const DIFF = ['Content-Type: application/pidf-diff+xml'];
const NAMESPACES = 'xmlns="urn:ietf:params:xml:ns:pidf" xmlns:d="urn:ietf:params:xml:ns:pidf-diff"';
const full = `<d:pidf-full ${NAMESPACES} entity="${ROMEO}"><tuple id="a"><status><basic>open</basic></status><note>here</note></tuple></d:pidf-full>`;
const diff = (operations: string) => `<d:pidf-diff ${NAMESPACES} entity="${ROMEO}">${operations}</d:pidf-diff>`;

let server: InProcess;
let romeo: SipClient;

before(async () => {
  server = await startInProcess({ people: ['romeo'] });
  const { password, running } = server;
  romeo = await SipClient.open({ port: running.ports.sip!, password, transport: 'tcp', person: 'romeo' });
});
after(async () => {
  romeo.close();
  await server.stop();
});

const publish = (body: string, tag = '') =>
  romeo.request('PUBLISH', ROMEO, {
    headers: ['Event: presence', ...DIFF, ...(tag === '' ? [] : [`SIP-If-Match: ${tag}`])],
    body,
  });

async function shown(): Promise<string> {
  await romeo.subscribe(ROMEO, { expires: 0 });
  return (await romeo.expect('NOTIFY')).body;
}

test('RFC 5264 §4.1: the first publication is whole, a change tells what is different', async () => {
  const first = await publish(full);
  assert.equal(first.status, 200);
  assert.match(await shown(), /<note>here<\/note>/);
  const second = await publish(
    diff('<d:replace sel="presence/tuple[@id=\'a\']/note/text()">gone out</d:replace>'),
    first.get('sip-etag'),
  );
  assert.equal(second.status, 200);
  assert.notEqual(second.get('sip-etag'), first.get('sip-etag'));
  assert.match(await shown(), /<note>gone out<\/note>/);
  const third = await publish(
    diff('<d:add sel="presence/tuple[@id=\'a\']/note" pos="before"><contact>sip:romeo@example.test</contact></d:add>'),
    second.get('sip-etag'),
  );
  assert.equal(third.status, 200);
  assert.match(await shown(), /<contact>sip:romeo@example.test<\/contact>/);
  await romeo.publish('', { tag: third.get('sip-etag'), expires: 0 });
});

test('RFC 5264 §5: what changes nothing that is there is 400, and leaves it as it was', async () => {
  assert.equal((await publish(diff(''))).status, 400);
  const first = await publish(full);
  const bad = await publish(diff('<d:remove sel="presence/tuple[@id=\'z\']"/>'), first.get('sip-etag'));
  assert.equal(bad.status, 400);
  assert.match(bad.reason, /unlocated-node/);
  assert.equal((await publish('<nonsense/>', first.get('sip-etag'))).status, 400);
  assert.equal((await publish(diff(''), 'another')).status, 412);
  assert.match(await shown(), /<note>here<\/note>/);
  assert.equal((await romeo.publish('', { tag: first.get('sip-etag'), expires: 0 })).status, 200);
});

test('RFC 3903 §6: switched off, the type is 415, and the answer says what is taken', async () => {
  server.configure({ 'sip.rfc-5264.enabled': false });
  const { status, headers } = await publish(full);
  assert.equal(status, 415);
  assert.ok(headers.some(([name, value]) => name === 'accept' && value.startsWith('application/pidf+xml')));
  server.configure({ 'sip.rfc-5264.enabled': true });
  assert.equal((await publish(full)).status, 200);
});
