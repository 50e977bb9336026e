import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { ServerUnderTest } from '../support/server-under-test.ts';
import { missingPackages } from './debian.ts';
import { startTown } from './people.ts';
import { Profanity } from './profanity.ts';
import { SlixmppPerson } from './slixmpp-person.ts';

const ROMEO = 'romeo@example.test';
const JULIET = 'juliet@example.test';

const skip = (await missingPackages('profanity', 'tmux', 'python3-slixmpp')) ?? false;

/** One story: each test goes on where the one before it ended. */
describe('Romeo with profanity and Juliet with slixmpp', { skip, timeout: 240_000 }, () => {
  let town: ServerUnderTest;
  let romeo: Profanity;
  let juliet: SlixmppPerson;

  before(async () => {
    town = await startTown('romeo', 'juliet');
    romeo = new Profanity();
  });
  after(async () => {
    romeo?.remove();
    await juliet?.signOut();
    await town?.stop();
  });

  test('sign in: he over STARTTLS (RFC 6120 §5), she over direct TLS (XEP-0368)', async () => {
    await romeo.signIn(town, 'romeo', 'starttls');
    juliet = await SlixmppPerson.signIn(town, 'juliet', 'direct');
  });

  test('ask for and grant each other a subscription (RFC 6121 §3.1)', async () => {
    await romeo.type(`/sub request ${JULIET}`);
    await juliet.expect('is asked', ({ type, sender }) => type === 'subscribe' && sender === ROMEO);
    juliet.command({ do: 'presence', to: ROMEO, type: 'subscribed' });
    await romeo.expectScreen('shows that she agrees', /Subscription received from juliet@example\.test/);
    juliet.command({ do: 'presence', to: ROMEO, type: 'subscribe' });
    await romeo.expectScreen('asks him', /Received authorization request from juliet@example\.test/);
    await romeo.type(`/sub allow ${JULIET}`);
    await juliet.expect('is granted it', ({ type, sender }) => type === 'subscribed' && sender === ROMEO);
  });

  test('see each other come and change (RFC 6121 §4.2 and §4.4)', async () => {
    await romeo.expectScreen('shows her online', /juliet@example\.test \(script\) is online/);
    await juliet.expect('sees him online', ({ type, sender }) => type === 'available' && sender === ROMEO);
    juliet.command({ do: 'presence', show: 'away', status: 'On the balcony' });
    await romeo.expectScreen('shows her away', /juliet@example\.test \(script\) is away, "On the balcony"/);
    await romeo.type('/status set dnd "Climbing a wall"');
    await juliet.expect('sees him busy', ({ type, status }) => type === 'dnd' && status === 'Climbing a wall');
  });

  test('chat both ways (RFC 6121 §5)', async () => {
    await romeo.type(`/msg ${JULIET} But soft, what <light> & window?`);
    const heard = ({ body }: { body?: string }) => body === 'But soft, what <light> & window?';
    const message = await juliet.expect('hears him', heard);
    assert.ok(message.stanzaId, 'with a stanza-id (XEP-0359)');
    juliet.command({ do: 'message', to: ROMEO, body: 'Ay me! \u{1f339}' });
    await romeo.expectScreen('shows her answer', /juliet@example\.test.*: Ay me! \u{1f339}/u);
  });

  test('miss nothing while he is away (XEP-0160), and he returns over direct TLS', async () => {
    await romeo.quit();
    await juliet.expect('sees him go', ({ type, sender }) => type === 'unavailable' && sender === ROMEO);
    juliet.command({ do: 'message', to: ROMEO, body: 'Deny thy father' });
    juliet.command({ do: 'message', to: ROMEO, body: 'and refuse thy name' });
    await juliet.settle();
    await romeo.signIn(town, 'romeo', 'direct');
    await romeo.type(`/msg ${JULIET}`);
    await romeo.expectScreen('shows both messages', /: Deny thy father[\s\S]*: and refuse thy name/);
  });

  test('find what they said in the archive (XEP-0313 §4)', async () => {
    juliet.command({ do: 'history', to: ROMEO });
    const { bodies } = await juliet.expect('gets the history', ({ saw }) => saw === 'history');
    assert.deepEqual(bodies, [
      'But soft, what <light> & window?',
      'Ay me! \u{1f339}',
      'Deny thy father',
      'and refuse thy name',
    ]);
  });

  test('and a new profanity, which has stored nothing, shows the archive (XEP-0313 §4)', async () => {
    romeo.remove();
    romeo = new Profanity();
    await romeo.signIn(town, 'romeo', 'starttls');
    await romeo.type('/mam on');
    await romeo.expectScreen('switches archives on', /Message Archive Management enabled/);
    await romeo.type(`/msg ${JULIET}`);
    await romeo.expectScreen('shows the history', /But soft, what <light> & window\?[\s\S]*: and refuse thy name/);
  });
});
