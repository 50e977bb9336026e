import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { ServerUnderTest } from '../support/server-under-test.ts';
import { missingPackages } from './debian.ts';
import { startTownWith } from './people.ts';
import { SippCall, sipp } from './sipp.ts';

const skip = (await missingPackages('sip-tester')) ?? false;

for (const transport of ['udp', 'tcp'] as const) {
  /** One story: each test goes on where the one before it ended. */
  describe(`SIPp over ${transport}`, { skip, timeout: 240_000 }, () => {
    let town: ServerUnderTest;
    const play = async (scenario: string, user: string, peer = 'juliet') => {
      await sipp(town, scenario, { user, peer, transport });
    };

    before(async () => {
      town = await startTownWith({ 'presence.visibility': 'everyone' }, 'romeo', 'juliet', 'mercutio');
    });
    after(() => town?.stop());

    test('registers after a challenge (RFC 3665 §2.1)', () => play('rfc-3665-2.1-registration', 'romeo'));
    test('adds a contact (RFC 3665 §2.2)', () => play('rfc-3665-2.2-update', 'romeo'));
    test('asks for the list of contacts (RFC 3665 §2.3)', () => play('rfc-3665-2.3-query', 'romeo'));
    test('cancels all registrations (RFC 3665 §2.4)', () => play('rfc-3665-2.4-cancellation', 'romeo'));
    test('is challenged again for a wrong password (RFC 3665 §2.5)', async () => {
      await sipp(town, 'rfc-3665-2.5-failure', { user: 'romeo', password: 'rosaline', transport });
    });
    test('learns the least interval (RFC 3261 §10.3)', () => play('rfc-3261-10.3-too-brief', 'romeo'));

    test('publishes, refreshes, modifies and removes (RFC 3903 §4, §17)', () => play('rfc-3903-publish', 'mercutio'));
    test('is refused what cannot be published (RFC 3903 §6)', () => play('rfc-3903-6-refusals', 'mercutio'));

    test('watches, refreshes and ends it (RFC 3856 §6, RFC 6665 §4.1.2)', async () => {
      await play('rfc-3903-4-initial', 'juliet');
      await play('rfc-3856-watch', 'romeo');
    });
    test('is refused what nobody can be told of (RFC 6665 §4.2.1, §4.1.2.2)', () => play('rfc-6665-refusals', 'romeo'));

    test('writes to somebody who takes it (RFC 3428 §10)', async () => {
      const registering = await SippCall.begin(town, 'rfc-3665-2.1-registration', { user: 'juliet', transport });
      await registering.end();
      const receiving = await SippCall.begin(town, 'rfc-3428-receive', {
        user: 'juliet',
        transport,
        port: registering.port,
      });
      await play('rfc-3428-message', 'romeo');
      await receiving.end();
      await play('rfc-3665-2.4-cancellation', 'juliet');
    });
    test('writes to somebody who is away (RFC 3428 §7)', () => play('rfc-3428-waiting', 'romeo', 'mercutio'));
    test('and to nobody, of whom it learns nothing (RFC 6121 §8.5.1, RFC 7247 §5)', () =>
      play('rfc-3428-nobody', 'romeo'));

    test('and the server has run on through all of it', () => assert.ok(town.running, town.output));
  });
}
