import { after, before, describe, test } from 'node:test';
import type { ServerUnderTest } from '../support/server-under-test.ts';
import { Baresip } from './baresip.ts';
import { missingPackages } from './debian.ts';
import { Linphone } from './linphone.ts';
import { startTown } from './people.ts';
import { befriend, SlixmppPerson } from './slixmpp-person.ts';
import type { Softphone, SoftphoneOptions, Transport } from './softphone.ts';

const ROMEO = 'romeo@example.test';
const JULIET = 'juliet@example.test';

const CLIENTS: Record<
  string,
  { packages: string[]; make: (...args: ConstructorParameters<typeof Baresip>) => Softphone }
> = {
  baresip: { packages: ['baresip-core'], make: (...args) => new Baresip(...args) },
  linphone: { packages: ['linphone-cli'], make: (...args) => new Linphone(...args) },
};
const TRANSPORTS: readonly Transport[] = ['udp', 'tcp', 'tls'];

for (const [client, { packages, make }] of Object.entries(CLIENTS)) {
  const skip = (await missingPackages(...packages, 'python3-slixmpp')) ?? false;
  for (const transport of TRANSPORTS) {
    /** One story: each test goes on where the one before it ended. Neither knows what the other speaks. */
    describe(`Romeo with ${client} over ${transport}, Juliet with slixmpp`, { skip, timeout: 240_000 }, () => {
      let town: ServerUnderTest;
      let romeo: Softphone;
      let juliet: SlixmppPerson;

      before(async () => {
        town = await startTown('romeo', 'juliet');
        // With XMPP clients they once became each other's contacts.
        await befriend(town, 'romeo', 'juliet');
        romeo = make(town, 'romeo', { transport, contacts: ['juliet'] });
      });
      after(async () => {
        await romeo?.remove();
        await juliet?.signOut();
        await town?.stop();
      });

      test('he registers with digest authentication (RFC 3261 §10, §22), and she sees him come (RFC 8048 §5)', async () => {
        juliet = await SlixmppPerson.signIn(town, 'juliet', 'starttls');
        await romeo.signIn();
        await juliet.expect('sees him', ({ type, sender }) => type === 'available' && sender === ROMEO);
      });

      test('he sees her there, go and come back (RFC 3856, RFC 8048 §5.2)', async () => {
        await romeo.expectPresence(JULIET, 'Online');
        juliet.command({ do: 'presence', type: 'unavailable' });
        await romeo.expectPresence(JULIET, 'Offline');
        juliet.command({ do: 'presence' });
        await romeo.expectPresence(JULIET, 'Online');
      });

      if (client === 'baresip') {
        test('she sees what he publishes while he stays registered (RFC 3903 §4, RFC 8048 §5.3)', async () => {
          juliet.forget();
          (romeo as Baresip).publish('offline');
          await juliet.expect('sees him go', ({ type, sender }) => type === 'unavailable' && sender === ROMEO);
          (romeo as Baresip).publish('online');
          await juliet.expect('sees him back', ({ type, sender }) => type === 'available' && sender === ROMEO);
        });
      }

      test('they write to each other (RFC 3428, RFC 7572)', async () => {
        romeo.message(JULIET, 'But soft, what <light> & window?');
        await juliet.expect(
          'hears him',
          ({ body, sender }) => sender === ROMEO && body === 'But soft, what <light> & window?',
        );
        juliet.command({ do: 'message', to: ROMEO, body: 'Ay mé! \u{1f339}' });
        await romeo.expectMessage(JULIET, 'Ay mé! \u{1f339}');
      });

      test('what she writes while he is away reaches him when he is back, in its order (RFC 7572 §7, XEP-0160)', async () => {
        await romeo.quit();
        await juliet.expect('sees him go', ({ type, sender }) => type === 'unavailable' && sender === ROMEO);
        juliet.command({ do: 'message', to: ROMEO, body: 'Deny thy father' });
        juliet.command({ do: 'message', to: ROMEO, body: 'and refuse thy name' });
        await juliet.settle();
        await romeo.signIn();
        await romeo.expectMessage(JULIET, 'Deny thy father');
        await romeo.expectMessage(JULIET, 'and refuse thy name');
      });

      test('blocked, he does not reach her; and does again afterwards (XEP-0191 §3)', async () => {
        juliet.command({ do: 'block', to: ROMEO });
        await juliet.expect('has blocked him', ({ saw }) => saw === 'blocked');
        romeo.message(JULIET, 'Lady, by yonder moon');
        await romeo.expectRefusal();
        await romeo.expectPresence(JULIET, 'Offline');
        juliet.command({ do: 'unblock', to: ROMEO });
        await juliet.expect('has unblocked him', ({ saw }) => saw === 'unblocked');
        romeo.message(JULIET, 'I swear');
        const heard = await juliet.expect('hears him', ({ body }) => body !== undefined && body !== '');
        if (heard.body !== 'I swear') throw new Error(`she heard '${heard.body}'`);
      });
    });
  }
}

const skipStranger = (await missingPackages('baresip-core', 'python3-slixmpp')) ?? false;
describe('Mercutio with baresip, whom Juliet does not know yet', { skip: skipStranger, timeout: 240_000 }, () => {
  const MERCUTIO = 'mercutio@example.test';
  let town: ServerUnderTest;
  let juliet: SlixmppPerson;
  let mercutio: Baresip;

  before(async () => {
    town = await startTown('juliet', 'mercutio');
    juliet = await SlixmppPerson.signIn(town, 'juliet', 'starttls');
    mercutio = new Baresip(town, 'mercutio', { transport: 'udp', contacts: ['juliet'] });
  });
  after(async () => {
    await mercutio?.remove();
    await juliet?.signOut();
    await town?.stop();
  });

  test('asks to see her by SUBSCRIBE, which asks her (RFC 8048 §4.3)', async () => {
    await mercutio.signIn();
    await juliet.expect('is asked', ({ type, sender }) => type === 'subscribe' && sender === MERCUTIO);
  });

  test('sees her as soon as she agrees (RFC 8048 §4.3)', async () => {
    juliet.command({ do: 'presence', to: MERCUTIO, type: 'subscribed' });
    await mercutio.expectPresence(JULIET, 'Online');
  });
});

const skipCalls = (await missingPackages('baresip-core')) ?? false;
describe('Two people with baresip', { skip: skipCalls, timeout: 240_000 }, () => {
  let town: ServerUnderTest;
  let romeo: Baresip;
  let mercutio: Baresip;
  const person = (name: string, options: SoftphoneOptions) => new Baresip(town, name, options);

  before(async () => {
    town = await startTown('romeo', 'mercutio');
    romeo = person('romeo', { transport: 'udp' });
    mercutio = person('mercutio', { transport: 'tls', answers: true });
    await Promise.all([romeo.signIn(), mercutio.signIn()]);
  });
  after(async () => {
    await romeo?.remove();
    await mercutio?.remove();
    await town?.stop();
  });

  test('call each other, one over UDP and one over the TLS connection that it opened (RFC 3261 §16, RFC 5626 §5.3)', async () => {
    romeo.dial('mercutio@example.test');
    await romeo.expectCall('mercutio@example.test');
    await mercutio.expectCall(ROMEO);
    await romeo.expectSound();
  });

  test('and hang up (RFC 3261 §15)', async () => {
    romeo.hangUp();
    await mercutio.expectEndOfCall(ROMEO);
  });

  test('who calls somebody that is not there is told so (RFC 3261 §16.5)', async () => {
    await mercutio.quit();
    romeo.dial('mercutio@example.test');
    await romeo.expectCallRefused(480);
  });
});
