import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { FakeClock } from '../../../test/support/fake-clock.ts';
import { type InProcess, startInProcess } from '../../../test/support/in-process.ts';

const PING = `<ping xmlns='urn:xmpp:ping'/>`;

const clock = new FakeClock();
let server: InProcess;
before(async () => {
  const settings = { 'xmpp.xep-0199.idleSeconds': 60, 'xmpp.xep-0199.answerSeconds': 20 };
  server = await startInProcess({ people: ['romeo', 'juliet'], settings, clock });
  await server.befriend('romeo', 'juliet');
});
after(() => server.stop());

describe('XEP-0199 §4.2: a client pings', () => {
  test('the server, its own account, and no address at all', async () => {
    const juliet = await server.signIn('juliet');
    for (const to of ['example.test', 'juliet@example.test', undefined]) {
      assert.equal(await juliet.ask('get', PING, to), undefined);
    }
  });

  test('§4.4: another client', async () => {
    const [romeo, juliet] = [await server.signIn('romeo', 'orchard'), await server.signIn('juliet')];
    await romeo.becomeAvailable();
    const pong = juliet.iq('get', PING, romeo.jid);
    const { id, from } = (await romeo.expect(`<iq type='get'>${PING}</iq>`)).attributes;
    romeo.send(`<iq type='result' id='${id}' to='${from}'/>`);
    assert.equal((await pong).attributes.from, romeo.jid);
  });

  test('§7: a resource that is not there, and an account, are not told of', async () => {
    const juliet = await server.signIn('juliet');
    for (const to of [
      'romeo@example.test/nowhere',
      'romeo@example.test',
      'nobody@example.test',
      'nobody@example.test/x',
    ]) {
      assert.equal(await juliet.refusal('get', PING, to), 'cancel, service-unavailable', to);
    }
  });
});

describe('XEP-0199 §4.1: the server pings', () => {
  const asked = (element: { name: string; attributes: Record<string, string> }) =>
    element.name === 'iq' && element.attributes.type === 'get';

  test('a client that has fallen silent, and leaves one alone that speaks', async () => {
    const [romeo, juliet] = [await server.signIn('romeo'), await server.signIn('juliet')];
    clock.advance(55_000);
    await juliet.ask('get', PING);
    clock.advance(10_000);
    const { from, to, id } = (await romeo.expect(asked)).attributes;
    assert.deepEqual([from, to], ['example.test', romeo.jid]);
    await juliet.expectNothingMore();
    romeo.send(`<iq type='result' id='${id}' to='${from}'/>`);
    await romeo.ask('get', PING);
    clock.advance(50_000);
    await romeo.expectNothingMore();
    await Promise.all([romeo.close(), juliet.close()]);
  });

  test('an error, or white space, or anything else is a sign of life too', async () => {
    const romeo = await server.signIn('romeo');
    for (let i = 0; i < 3; i++) {
      clock.advance(65_000);
      const { from, id } = (await romeo.expect(asked)).attributes;
      if (i === 0) {
        romeo.send(
          `<iq type='error' id='${id}' to='${from}'><error type='cancel'>
            <service-unavailable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>`,
        );
      }
      await romeo.ask('get', PING);
    }
    await romeo.close();
  });

  test('who does not answer has lost the connection, and is shown to be gone', async () => {
    const [romeo, juliet] = [await server.signIn('romeo', 'orchard'), await server.signIn('juliet')];
    await juliet.becomeAvailable();
    await romeo.becomeAvailable();
    clock.advance(65_000);
    await Promise.all([romeo.expect(asked), juliet.expect(asked)]);
    await juliet.ask('get', PING);
    clock.advance(20_000);
    assert.match((await romeo.closed)?.message ?? '', /connection-timeout/);
    await juliet.expect(`<presence from='romeo@example.test/orchard' type='unavailable'/>`);
    await juliet.close();
  });

  test('XEP-0198 §4: one that counts stanzas is asked for its count, and may come back to its session', async () => {
    const romeo = await server.signIn('romeo');
    romeo.send(`<enable xmlns='urn:xmpp:sm:3' resume='true'/>`);
    const { id } = (await romeo.expect(`<enabled xmlns='urn:xmpp:sm:3'/>`)).attributes;
    clock.advance(65_000);
    await romeo.expect(`<r xmlns='urn:xmpp:sm:3'/>`);
    clock.advance(60_000);
    await romeo.closed;
    const again = await server.connect();
    await again.authenticate('romeo', server.password);
    again.send(`<resume xmlns='urn:xmpp:sm:3' previd='${id}' h='0'/>`);
    await again.expect(`<resumed xmlns='urn:xmpp:sm:3'/>`);
  });
});
