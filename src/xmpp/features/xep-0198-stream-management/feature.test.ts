import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';
import { Failure } from '#base/failure.ts';
import { Commit } from '#store/database.ts';
import { type InProcess, startInProcess } from '../../../../test/support/in-process.ts';
import type { TestClient } from '../../../../test/support/test-client.ts';

const NS = 'urn:xmpp:sm:3';

let server: InProcess;
let romeo: TestClient;
before(async () => {
  server = await startInProcess({ people: ['juliet', 'romeo', 'nurse'] });
  romeo = await server.signIn('romeo');
});
after(() => server.stop());

let juliet: TestClient;
let previd: string;
beforeEach(async () => {
  juliet = await server.signIn('juliet');
  juliet.send(`<enable xmlns='${NS}' resume='true'/>`);
  previd = (await juliet.expect(`<enabled xmlns='${NS}'/>`)).attributes.id!;
});

const toNurse = (body: string) => `<message to='nurse@example.test' type='chat'><body>${body}</body></message>`;

/** A connection that has signed in as Juliet and asks to go on with her session. */
async function resume(h: number): Promise<TestClient> {
  const client = await server.connect();
  await client.authenticate('juliet', server.password);
  client.send(`<resume xmlns='${NS}' previd='${previd}' h='${h}'/>`);
  // The server has it, and has done what it can without waiting.
  for (let i = 0; i < 3; i++) await romeo.rest();
  return client;
}

describe('XEP-0198 §5: a client comes back', () => {
  /** Lets the account of whom Juliet writes to be found. */
  let goOn: () => void;
  beforeEach(() => {
    const { homes } = server.running.node;
    const { promise, resolve } = Promise.withResolvers<void>();
    const load = homes.load.bind(homes);
    homes.load = (address) => promise.then(() => load(address));
    goOn = resolve;
  });
  afterEach(() => {
    delete (server.running.node.homes as { load?: unknown }).load;
  });

  test('what was still being dealt with counts, so that it is not sent once more', async () => {
    server.running.node.homes.drop('nurse@example.test', 'disabled');
    juliet.send(toNurse('Anon, good nurse!'));
    juliet.send(`<r xmlns='${NS}'/>`);
    await romeo.rest();
    juliet.drop();
    const back = await resume(0);
    goOn();
    const { h } = (await back.expect(`<resumed xmlns='${NS}'/>`)).attributes;
    assert.equal(h, '1');
    await back.close();
  });

  test('too late, and what was still being dealt with counts as well', async () => {
    server.running.node.homes.drop('nurse@example.test', 'disabled');
    juliet.send(toNurse('How now, who calls?'));
    await romeo.rest();
    const other = await server.signIn('juliet');
    const late = await resume(0);
    goOn();
    assert.equal((await late.expect(`<failed xmlns='${NS}'/>`)).attributes.h, '1');
    await Promise.all([late.close(), other.close()]);
  });

  test('twice at the same moment: the last one has the session, and the other one is told', async () => {
    server.running.node.homes.drop('nurse@example.test', 'disabled');
    juliet.send(toNurse('Stay but a little'));
    await romeo.rest();
    juliet.drop();
    const [first, second] = [await resume(0), await resume(0)];
    goOn();
    await second.expect(`<resumed xmlns='${NS}'/>`);
    assert.match(String((await first.closed)?.message), /conflict/);
    romeo.send(`<message to='juliet@example.test/balcony' type='chat'><body>I will come again</body></message>`);
    await second.expect('<message><body>I will come again</body></message>');
    await second.close();
  });
});

describe('XEP-0198 §5: a client comes back too late, and is told how far it had come', () => {
  for (const [what, error, h] of [
    ['once that is on disk', undefined, '2'],
    ['but not when that never reached the disk', new Failure('store-failing', 'the disk is full'), undefined],
  ] as const) {
    test(what, async () => {
      const { database } = server.running.node;
      const commit = new Commit();
      database.append = () => commit;
      let late: TestClient;
      try {
        juliet.send(toNurse('It is my will'));
        await juliet.rest(); // The message, and this.
        const other = await server.signIn('juliet');
        assert.match(String((await juliet.closed)?.message), /conflict/);
        late = await resume(1);
        assert.deepEqual(
          late.expectAll(({ ns }) => ns === NS),
          [],
        );
        await other.close();
      } finally {
        delete (database as { append?: unknown }).append;
        commit.settle(error);
      }
      const failed = await late.expect(
        `<failed xmlns='${NS}'><item-not-found xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></failed>`,
      );
      assert.equal(failed.attributes.h, h);
      await late.close();
    });
  }
});

test('when stream management is switched off, sessions that rely on it end, and what they have not got is not lost', async () => {
  await juliet.becomeAvailable();
  romeo.send(`<message to='juliet@example.test' type='chat'><body>Good night, good night!</body></message>`);
  await juliet.expect('<message><body>Good night, good night!</body></message>');
  server.configure({ 'xmpp.xep-0198.enabled': false });
  assert.match(String((await juliet.closed)?.message), /reset/);
  const next = await server.signIn('juliet', 'next');
  assert.equal(next.features.child('sm', NS), undefined);
  next.send('<presence/>');
  await next.expect('<message><body>Good night, good night!</body></message>');
  await next.close();
});
