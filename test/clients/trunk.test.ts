import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { ServerUnderTest } from '../support/server-under-test.ts';
import { missingPackages } from './debian.ts';
import { startTownWith } from './people.ts';
import { type Played, sipp } from './sipp.ts';
import { befriend, type Happening, SlixmppPerson } from './slixmpp-person.ts';

const ROMEO = 'romeo@example.test';
const ON_A_CALL = 'On a call';
/** How long a phone's state may take to a contact's screen. */
const PROMPT_MS = 200;

const skip = (await missingPackages('sip-tester', 'python3-slixmpp')) ?? false;

/** SIPp is the call manager. One story: each test goes on where the one before it ended. */
describe("A Unified CM publishes the state of Romeo's line over its SIP trunk", { skip, timeout: 240_000 }, () => {
  let town: ServerUnderTest;
  let juliet: SlixmppPerson;
  let etag = '';

  const publish = async (scenario: string, user = 'romeo'): Promise<Played> => {
    const played = await sipp(town, scenario, { user, transport: 'tcp', words: { etag } });
    if (played.entityTag !== '') {
      assert.notEqual(played.entityTag, etag, 'RFC 3903 §6: each answer has a new entity-tag');
      etag = played.entityTag;
    }
    return played;
  };
  const seen = (what: string, matches: (presence: Happening) => boolean): Promise<Happening> =>
    juliet.expect(what, (one) => one.saw === 'presence' && one.sender === ROMEO && matches(one));
  const onACall = () => seen('sees Romeo on a call', ({ status }) => status === ON_A_CALL);
  const gone = () => seen('sees him go', ({ type }) => type === 'unavailable');
  const prompt = ({ sentAt }: Played, { at }: Happening) => assert.ok(at - sentAt <= PROMPT_MS, `${at - sentAt} ms`);

  before(async () => {
    town = await startTownWith({ 'sip.unified-cm-trunk.peers': '127.0.0.1' }, 'romeo', 'juliet');
    await befriend(town, 'romeo', 'juliet');
    juliet = await SlixmppPerson.signIn(town, 'juliet', 'starttls');
  });
  after(async () => {
    await juliet?.signOut();
    await town?.stop();
  });

  test('its OPTIONS are answered', async () => {
    await publish('trunk-options');
  });

  test('he takes a call, and though no client of his is signed in, she sees it within 200 ms', async () => {
    const played = await publish('trunk-busy');
    const presence = await onACall();
    assert.equal(presence.type, 'away');
    prompt(played, presence);
  });

  test('he hangs up, and it goes away again within 200 ms', async () => {
    const played = await publish('trunk-idle');
    prompt(played, await gone());
  });

  test('signed in he is away while on a call, and as before after it', async (t) => {
    const romeo = await SlixmppPerson.signIn(town, 'romeo', 'starttls');
    t.after(() => romeo.signOut());
    romeo.command({ do: 'presence', status: 'In the orchard' });
    await seen('sees him', ({ type, status }) => type === 'available' && status === 'In the orchard');
    prompt(await publish('trunk-busy-again'), await onACall());
    const played = await publish('trunk-idle');
    prompt(played, await seen('sees him as before', ({ status }) => status === 'In the orchard'));
    await romeo.signOut();
    await gone();
  });

  test('a refresh has no body and changes nothing (RFC 3903 §4.3)', async () => {
    await publish('trunk-busy-again');
    await onACall();
    juliet.forget();
    await publish('trunk-refresh');
    await juliet.settle();
    assert.ok(!juliet.has(({ saw, sender }) => saw === 'presence' && sender === ROMEO));
  });

  test('a tag that nobody gave out is 412, and changes nothing (RFC 3903 §6)', async () => {
    juliet.forget();
    await publish('trunk-wrong-tag');
    await juliet.settle();
    assert.ok(!juliet.has(({ saw, sender }) => saw === 'presence' && sender === ROMEO));
  });

  test('after kill -9 in the midst of the call the tag is known, and she sees the call', async () => {
    await town.kill9();
    await juliet.signOut();
    await town.restart();
    juliet = await SlixmppPerson.signIn(town, 'juliet', 'starttls');
    await onACall();
    juliet.forget();
    await publish('trunk-refresh');
  });

  test('the phone is unplugged, and he is gone within 200 ms', async () => {
    const played = await publish('trunk-unregistered');
    prompt(played, await gone());
  });

  test('a line of nobody is 404', async () => {
    await publish('trunk-unknown-user', 'rosaline');
  });
});

describe('A call manager that is not on the list', { skip, timeout: 60_000 }, () => {
  test('is refused', async (t) => {
    const town = await startTownWith({ 'sip.unified-cm-trunk.peers': '192.0.2.10' }, 'romeo');
    t.after(() => town.stop());
    await sipp(town, 'trunk-refused', { user: 'romeo', transport: 'tcp' });
  });
});
