/** RFC 6121 §8 and RFC 6120 §10: to whom a stanza goes, all but the messages of §8.5. */
import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';
import { serialize } from '#xml/serializer.ts';
import { type InProcess, startInProcess } from './support/in-process.ts';
import { errorOf, type TestClient } from './support/test-client.ts';

const UNKNOWN = `<unknown xmlns='urn:example:unknown'/>`;
const KNOWN = `<unknown xmlns='jabber:iq:roster'/>`;
const UNAVAILABLE = 'cancel, service-unavailable';

let server: InProcess;
let romeo: TestClient;
/** Sees Romeo, and is seen. */
let juliet: TestClient;
/** Neither. */
let nurse: TestClient;

before(async () => {
  server = await startInProcess({ people: ['romeo', 'juliet', 'nurse'] });
  await server.befriend('romeo', 'juliet');
});
after(() => server.stop());

beforeEach(async () => {
  romeo = await server.signIn('romeo', 'orchard');
  juliet = await server.signIn('juliet', 'balcony');
  nurse = await server.signIn('nurse', 'hall');
  for (const client of [romeo, juliet, nurse]) await client.becomeAvailable();
  for (const client of [romeo, juliet, nurse]) await client.rest();
});
afterEach(() => Promise.all([romeo, juliet, nurse].map((client) => client.close())));

const errors = async (client: TestClient) => (await client.rest()).map(errorOf);

describe("RFC 6121 §8.1.1, RFC 6120 §10.3: no 'to'", () => {
  test('§10.3.1: a message is for the sender’s own account', async () => {
    romeo.send(`<message><body>note to self</body></message>`);
    await romeo.expect(
      `<message from='romeo@example.test/orchard' to='romeo@example.test'><body>note to self</body></message>`,
    );
  });

  test('§10.3.2: presence is for those who may see the sender', async () => {
    romeo.send('<presence><show>dnd</show></presence>');
    await juliet.expect(
      `<presence from='romeo@example.test/orchard' to='juliet@example.test'><show>dnd</show></presence>`,
    );
    await nurse.expectNothingMore();
  });

  test('§10.3.3: an IQ request is answered for the account', async () => {
    await romeo.ask('get', `<query xmlns='jabber:iq:roster'/>`);
    assert.equal(await romeo.refusal('get', UNKNOWN), UNAVAILABLE);
    assert.equal(await romeo.refusal('get', KNOWN), 'cancel, feature-not-implemented');
  });

  test('§10.3.3: an answer that nobody asked for is dropped', async () => {
    romeo.send(`<iq type='result' id='x'/>`);
    romeo.send(`<iq type='error' id='y'>${UNKNOWN}<error type='cancel'/></iq>`);
    await romeo.expectNothingMore();
  });
});

describe('RFC 6120 §10.4: a remote domain that this server does not reach', () => {
  for (const to of ['elsewhere.test', 'romeo@elsewhere.test', 'romeo@elsewhere.test/orchard']) {
    test(`remote-server-not-found for ${to}`, async () => {
      romeo.send(`<message to='${to}'><body>?</body></message>`);
      romeo.send(`<presence to='${to}' type='subscribe'/>`);
      romeo.send(`<iq to='${to}' type='get' id='i'>${UNKNOWN}</iq>`);
      const found = await errors(romeo);
      const unreachable = 'cancel, remote-server-not-found';
      assert.deepEqual(found, [unreachable, unreachable, unreachable]);
    });
  }

  test('an error or a result is dropped', async () => {
    romeo.send(`<message to='romeo@elsewhere.test' type='error'/>`);
    romeo.send(`<iq to='romeo@elsewhere.test' type='result' id='i'/>`);
    await romeo.expectNothingMore();
  });
});

describe('RFC 6120 §10.5.1, §10.5.2: the server itself, with a resource or without', () => {
  for (const to of ['example.test', 'example.test/nowhere']) {
    test(`${to}: a request is answered, a message bounced, a headline and an error dropped`, async () => {
      assert.equal(await romeo.refusal('get', UNKNOWN, to), UNAVAILABLE);
      romeo.send(`<message to='${to}'><body>Who art thou?</body></message>`);
      romeo.send(`<message to='${to}' type='headline'><body>News!</body></message>`);
      romeo.send(`<message to='${to}' type='error'/>`);
      romeo.send(`<presence to='${to}'/>`);
      assert.deepEqual(await errors(romeo), [UNAVAILABLE]);
    });
  }
});

describe('RFC 6121 §8.5.1: an account that is not there', () => {
  for (const to of ['nobody@example.test', 'nobody@example.test/nowhere']) {
    test(`${to}: presence and subscriptions are silently ignored`, async () => {
      romeo.send(`<presence to='${to}'/>`);
      romeo.send(`<presence to='${to}' type='unavailable'/>`);
      for (const type of ['subscribe', 'subscribed', 'unsubscribe', 'unsubscribed']) {
        romeo.send(`<presence to='${to}' type='${type}'/>`);
      }
      const others = (await romeo.rest()).filter(({ name }) => name !== 'iq');
      assert.deepEqual(
        others.map((stanza) => serialize(stanza)),
        [],
      );
    });

    test(`${to}: a request is answered service-unavailable, whatever it asks`, async () => {
      for (const payload of [UNKNOWN, KNOWN]) {
        assert.equal(await romeo.refusal('get', payload, to), UNAVAILABLE);
        assert.equal(await romeo.refusal('set', payload, to), UNAVAILABLE);
      }
      romeo.send(`<iq to='${to}' type='result' id='i'/>`);
      await romeo.expectNothingMore();
    });
  }
});

describe('RFC 6121 §8.5.2.1: the bare JID of an account with available resources', () => {
  test('§8.5.2.1.2: presence goes to every available resource, with the bare JID in its to', async () => {
    const silent = await server.signIn('juliet', 'cellar');
    const low = await server.signIn('juliet', 'garden');
    await low.becomeAvailable('<priority>-5</priority>');
    await nurse.rest();
    nurse.send(`<presence to='juliet@example.test'><status>supper</status></presence>`);
    for (const client of [juliet, low]) {
      await client.expect(
        `<presence from='nurse@example.test/hall' to='juliet@example.test'><status>supper</status></presence>`,
      );
    }
    nurse.send(`<presence to='juliet@example.test' type='unavailable'/>`);
    for (const client of [juliet, low]) {
      await client.expect(`<presence type='unavailable' from='nurse@example.test/hall' to='juliet@example.test'/>`);
    }
    await silent.expectNothingMore();
    await Promise.all([silent.close(), low.close()]);
  });

  test('§8.5.2.1.3: an IQ is answered for the account and reaches no resource', async () => {
    for (const type of ['get', 'set'] as const) {
      for (const payload of [UNKNOWN, KNOWN]) {
        assert.equal(await romeo.refusal(type, payload, 'juliet@example.test'), UNAVAILABLE);
      }
    }
    romeo.send(`<iq to='juliet@example.test' type='result' id='i'/>`);
    await romeo.expectNothingMore();
    await juliet.expectNothingMore();
  });
});

describe('RFC 6121 §8.5.2.2: the bare JID of an account with no resource', () => {
  beforeEach(() => juliet.close());

  test('§8.5.2.2.2: presence is ignored, and not kept for later', async () => {
    nurse.send(`<presence to='juliet@example.test'><status>supper</status></presence>`);
    await nurse.expectNothingMore();
    const later = await server.signIn('juliet', 'later');
    await later.becomeAvailable();
    const fromNurse = (await later.rest()).filter(({ attributes }) => attributes.from?.startsWith('nurse@'));
    assert.deepEqual(fromNurse, []);
    await later.close();
  });

  test('§8.5.2.2.3: an IQ is answered for the account', async () => {
    assert.equal(await romeo.refusal('get', UNKNOWN, 'juliet@example.test'), UNAVAILABLE);
  });
});

describe('RFC 6121 §8.5.3.1: a full JID that is there', () => {
  const hall = 'nurse@example.test/hall';
  const balcony = 'juliet@example.test/balcony';

  test('an IQ of one who may see the resource reaches it, and its answer comes back', async () => {
    romeo.send(`<iq type='get' id='i' to='${balcony}'>${UNKNOWN}</iq>`);
    await juliet.expect(`<iq type='get' id='i' from='romeo@example.test/orchard' to='${balcony}'>${UNKNOWN}</iq>`);
    juliet.send(`<iq type='result' id='i' to='romeo@example.test/orchard'/>`);
    await romeo.expect(`<iq type='result' id='i' from='${balcony}'/>`);
  });

  test('an IQ of one who may not see it is answered as if nobody were there', async () => {
    for (const type of ['get', 'set'] as const) {
      assert.equal(await romeo.refusal(type, UNKNOWN, hall), UNAVAILABLE);
      assert.equal(await romeo.refusal(type, UNKNOWN, 'nurse@example.test/nowhere'), UNAVAILABLE);
    }
    await nurse.expectNothingMore();
  });

  test('directed presence lets its addressee ask, until it is taken back', async () => {
    nurse.send(`<presence to='romeo@example.test/orchard'/>`);
    await romeo.expect(`<presence from='${hall}' to='romeo@example.test/orchard'/>`);
    romeo.send(`<iq type='get' id='i' to='${hall}'>${UNKNOWN}</iq>`);
    await nurse.expect(`<iq type='get' id='i' from='romeo@example.test/orchard'/>`);
    nurse.send(`<presence to='romeo@example.test/orchard' type='unavailable'/>`);
    await romeo.expect(`<presence type='unavailable' from='${hall}'/>`);
    assert.equal(await romeo.refusal('get', UNKNOWN, hall), UNAVAILABLE);
  });

  test('an account’s own resources may ask each other', async () => {
    const other = await server.signIn('nurse', 'kitchen');
    other.send(`<iq type='get' id='i' to='${hall}'>${UNKNOWN}</iq>`);
    await nurse.expect(`<iq type='get' id='i' from='nurse@example.test/kitchen'/>`);
    await other.close();
  });

  test('an IQ result or error reaches it from anyone', async () => {
    romeo.send(`<iq type='result' id='r' to='${hall}'/>`);
    romeo.send(`<iq type='error' id='e' to='${hall}'>${UNKNOWN}<error type='cancel'/></iq>`);
    await nurse.expect(`<iq type='result' id='r' from='romeo@example.test/orchard' to='${hall}'/>`);
    await nurse.expect(`<iq type='error' id='e'/>`);
  });

  test('presence reaches that resource alone', async () => {
    const other = await server.signIn('nurse', 'kitchen');
    await other.becomeAvailable();
    await other.rest();
    romeo.send(`<presence to='${hall}'/>`);
    await nurse.expect(`<presence from='romeo@example.test/orchard' to='${hall}'/>`);
    await other.expectNothingMore();
    await other.close();
  });
});

describe('RFC 6121 §8.5.3.2: a full JID that is not there', () => {
  const nowhere = 'juliet@example.test/nowhere';

  test('§8.5.3.2.2: presence is silently ignored', async () => {
    nurse.send(`<presence to='${nowhere}'/>`);
    nurse.send(`<presence to='${nowhere}' type='unavailable'/>`);
    await nurse.expectNothingMore();
    await juliet.expectNothingMore();
  });

  test('§8.5.3.2.2, §3: a subscription request is one to the bare JID', async () => {
    await nurse.ask('get', `<query xmlns='jabber:iq:roster'/>`);
    nurse.send(`<presence to='${nowhere}' type='subscribe'/>`);
    await juliet.expect(`<presence type='subscribe' from='nurse@example.test' to='juliet@example.test'/>`);
    juliet.send(`<presence to='nurse@example.test' type='unsubscribed'/>`);
    await nurse.expect(`<presence type='unsubscribed' from='juliet@example.test'/>`);
  });

  test('§8.5.3.2.3: a request is answered service-unavailable, an answer dropped', async () => {
    assert.equal(await romeo.refusal('get', UNKNOWN, nowhere), UNAVAILABLE);
    assert.equal(await romeo.refusal('set', UNKNOWN, nowhere), UNAVAILABLE);
    romeo.send(`<iq type='result' id='i' to='${nowhere}'/>`);
    await romeo.expectNothingMore();
  });
});

test('RFC 6120 §10.1: stanzas from one to another keep their order', async () => {
  for (let i = 0; i < 200; i++) {
    romeo.send(`<message id='${i}' to='juliet@example.test/balcony' type='chat'><body>${i}</body></message>`);
    if (i % 20 === 0) romeo.send(`<iq type='set' id='q${i}' to='juliet@example.test/balcony'>${UNKNOWN}</iq>`);
  }
  await romeo.rest();
  const ids = (await juliet.rest()).map(({ attributes }) => attributes.id);
  const expected = Array.from({ length: 200 }, (_, i) => (i % 20 === 0 ? [`${i}`, `q${i}`] : [`${i}`])).flat();
  assert.deepEqual(ids, expected);
});
