import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { type InProcess, startInProcess } from '../../../test/support/in-process.ts';
import { SipClient } from '../../../test/support/sip-client.ts';

const ROMEO = 'sip:romeo@example.test';
let server: InProcess;
let juliet: SipClient;
let romeo: SipClient;

before(async () => {
  server = await startInProcess({ people: ['romeo', 'juliet'] });
  await server.befriend('romeo', 'juliet');
  const { password, running } = server;
  const options = { port: running.ports.sip!, password, transport: 'tcp' } as const;
  juliet = await SipClient.open({ ...options, person: 'juliet' });
  romeo = await SipClient.open({ ...options, person: 'romeo' });
});
afterEach(() => {
  assert.equal(juliet.unread.length, 0, 'a NOTIFY that nobody has asked for');
});
after(async () => {
  juliet.close();
  romeo.close();
  await server.stop();
});

async function begin(headers: readonly string[] = []) {
  const { response, dialog } = await juliet.subscribe(ROMEO, { headers });
  assert.equal(response.status, 200);
  const notify = await juliet.expect('NOTIFY');
  return { notify, dialog: dialog!, tag: notify.get('sip-etag') };
}

const end = (dialog: NonNullable<Awaited<ReturnType<typeof begin>>['dialog']>) =>
  juliet.subscribe(ROMEO, { expires: 0, dialog, headers: ['Suppress-If-Match: *'] });

test('RFC 5839 §6.3: a refresh by who has the state is answered 204, with its time, and there is no NOTIFY', async () => {
  const { dialog, tag } = await begin();
  assert.notEqual(tag, '');
  const { response } = await juliet.subscribe(ROMEO, {
    dialog,
    expires: 600,
    headers: [`Suppress-If-Match: ${tag}`],
  });
  assert.equal(response.status, 204);
  assert.equal(response.get('expires'), '600');
  await end(dialog);
});

test('RFC 5839 §5.3: by who has another it is answered with the new one', async () => {
  const { dialog, tag } = await begin();
  await romeo.publish(
    `<presence xmlns="urn:ietf:params:xml:ns:pidf" entity="${ROMEO}"><tuple id="a"><status><basic>open</basic></status></tuple></presence>`,
  );
  const changed = (await juliet.expect('NOTIFY')).get('sip-etag');
  assert.notEqual(changed, tag);
  const { response } = await juliet.subscribe(ROMEO, { dialog, headers: [`Suppress-If-Match: ${tag}`] });
  assert.equal(response.status, 200);
  const notify = await juliet.expect('NOTIFY');
  assert.equal(notify.get('sip-etag'), changed);
  assert.notEqual(notify.body, '');
  await end(dialog);
});

test('RFC 5839 §6.2: a new subscription by who has the state begins with a NOTIFY without a body', async () => {
  const first = await begin();
  await end(first.dialog);
  const { notify, dialog, tag } = await begin([`Suppress-If-Match: ${first.tag}`]);
  assert.equal(notify.body, '');
  assert.equal(tag, first.tag);
  assert.match(notify.get('subscription-state'), /^active/);
  await end(dialog);
});

test('RFC 5839 §5.5: whoever ends it and wants to hear nothing more says *, and it is over without a NOTIFY', async () => {
  const { dialog } = await begin();
  const { response } = await end(dialog);
  assert.equal(response.status, 204);
  assert.equal((await juliet.subscribe(ROMEO, { dialog })).response.status, 481);
});

test('RFC 5839 §5.3: the condition is of that SUBSCRIBE alone: what changes later is told', async () => {
  const { dialog } = await begin();
  await juliet.subscribe(ROMEO, { dialog, headers: ['Suppress-If-Match: *'] });
  const phone = await server.signIn('romeo');
  await phone.becomeAvailable('<show>dnd</show>');
  assert.match((await juliet.expect('NOTIFY')).body, /dnd/);
  await end(dialog);
  await phone.close();
});
