import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { probeArriving } from '#presence/hooks.ts';
import { FakeClock } from '../../../test/support/fake-clock.ts';
import { type InProcess, startInProcess } from '../../../test/support/in-process.ts';
import type { TestClient } from '../../../test/support/test-client.ts';

const QUERY = `<query xmlns='jabber:iq:last'/>`;
const JULIET = 'juliet@example.test';

const clock = new FakeClock();
let server: InProcess;
let romeo: TestClient;
let mercutio: TestClient;
before(async () => {
  // Here nobody is asked whether he is there, however long he is silent.
  const settings = { 'xmpp.xep-0199.enabled': false };
  server = await startInProcess({ people: ['romeo', 'juliet', 'mercutio', 'nurse'], clock, settings });
  await server.befriend('romeo', 'juliet', 'nurse');
  romeo = await server.signIn('romeo', 'orchard');
  mercutio = await server.signIn('mercutio');
  await romeo.becomeAvailable();
});
after(() => server.stop());

const last = async (client: TestClient, to?: string) => (await client.ask('get', QUERY, to))!;

test('XEP-0012 §5: the server tells how long it has been up', async () => {
  clock.advance(123_456_000);
  const answer = await last(romeo, 'example.test');
  assert.deepEqual([answer.attributes.seconds, answer.text()], ['123456', '']);
});

describe('XEP-0012 §3: an account', () => {
  test('that is there now: nothing since', async () => {
    const juliet = await server.signIn('juliet');
    await juliet.becomeAvailable();
    for (const client of [romeo, juliet]) assert.equal((await last(client, JULIET)).attributes.seconds, '0');
    assert.equal((await last(juliet)).attributes.seconds, '0');
    juliet.send(`<presence type='unavailable'><status>Heading Home</status></presence>`);
    await romeo.expect(`<presence from='${juliet.jid}' type='unavailable'/>`);
    clock.advance(100_000);
    // Connected is enough, available or not.
    assert.equal((await last(romeo, JULIET)).attributes.seconds, '0');
    await juliet.close();
  });

  test('that has gone: since when, and what it said when it left', async () => {
    clock.advance(803_000);
    const answer = await last(romeo, JULIET);
    assert.deepEqual([answer.attributes.seconds, answer.text()], ['903', 'Heading Home']);
  });

  test('that was never there cannot be told of', async () => {
    assert.equal(await romeo.refusal('get', QUERY, 'nurse@example.test'), 'cancel, item-not-found');
  });

  test('is told of to those who may see its presence, and to nobody else whether it exists', async () => {
    for (const to of [JULIET, 'nobody@example.test']) {
      assert.equal(await mercutio.refusal('get', QUERY, to), 'auth, forbidden');
    }
  });

  test('§8: what keeps presence from somebody keeps this too', async () => {
    const stop = server.running.node.hooks.on(probeArriving, 'block', () => 'stop');
    assert.equal(await romeo.refusal('get', QUERY, JULIET), 'auth, forbidden');
    stop();
  });
});

test('XEP-0012 §4: a client is asked itself', async () => {
  const juliet = await server.signIn('juliet');
  await juliet.becomeAvailable();
  const answer = romeo.ask('get', QUERY, juliet.jid);
  const { id, from } = (await juliet.expect(`<iq type='get'>${QUERY}</iq>`)).attributes;
  juliet.send(`<iq type='result' id='${id}' to='${from}'><query xmlns='jabber:iq:last' seconds='123'/></iq>`);
  assert.equal((await answer)!.attributes.seconds, '123');
});
