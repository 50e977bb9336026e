import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import fc from 'fast-check';
import type { Home } from '#accounts/home.ts';
import { Failure } from '#base/failure.ts';
import { parseArchiveId, takenAt } from '#messaging/archive-id.ts';
import { setArchivePreferences } from '#messaging/archive-preferences.ts';
import {
  archiveEnds,
  archiveSettled,
  countArchive,
  EVERYTHING,
  findPage,
  missingFrom,
  readPage,
} from '#messaging/archive-reader.ts';
import { messageEntered, messageFromAccount, messageToAccount } from '#messaging/hooks.ts';
import { inboxOf, messageDelivered, messageReturned } from '#messaging/inbox.ts';
import { redeliver } from '#messaging/redeliver.ts';
import { readInArchive } from '#messaging/waiting.ts';
import type { Database } from '#store/database.ts';
import { migrate } from '#store/migrate.ts';
import { migrations } from '#store/migrations/all.ts';
import { parseElement } from '#xml/parse-element.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { Talk, TalkDevice } from '../support/talk.ts';
import { postgresStore, sqliteStore } from './stores.ts';

const ROMEO = 'romeo@example.test';
const JULIET = 'juliet@example.test';
const NURSE = 'nurse@example.test';
const ORCHARD = `${ROMEO}/orchard`;

for (const store of [sqliteStore(), postgresStore()]) {
  describe(`messaging on ${store.name}`, () => {
    let database: Database;
    let talk: Talk;
    let juliet: Home;
    let accounts = 1;

    before(async () => {
      await store.start();
      database = await store.fresh();
      await migrate(database, migrations, new FakeClock());
    });
    after(async () => {
      await database.close();
      await store.stop();
    });
    beforeEach(async () => {
      talk = new Talk(database, [ROMEO, JULIET, NURSE], accounts);
      accounts += 3;
      juliet = await talk.home(JULIET);
    });

    const say = (body: string, promised = false) => talk.say({ from: ORCHARD, to: JULIET, body, promised });
    const rows = async (home: Home) =>
      (
        await database.read('select id, flags, stanza from archive where account = ? order by id', [home.account.id])
      ).map(({ stanza }) => parseElement(String(stanza), 'jabber:client').childText('body'));
    const mark = async (home: Home) =>
      Number((await database.read('select delivered from inboxes where account = ?', [home.account.id]))[0]?.delivered);
    /** The time after which marks are written. */
    const later = async () => {
      talk.clock.advance(500);
      await talk.settled();
    };
    const crash = async () => {
      talk.crash();
      juliet = await talk.home(JULIET);
    };
    const failure = (kind: string) => (error: unknown) => error instanceof Failure && error.kind === kind;

    describe('what is said', () => {
      it('is on disk on both sides, and is given to all devices that take messages', async () => {
        const devices = ['a', 'b'].map((id) => new TalkDevice(juliet, id).publish(0));
        new TalkDevice(juliet, 'negative').publish(-1);
        const delivery = await say('Hello');
        for (const device of devices) {
          assert.deepEqual(
            device.messages.map(({ archiveId }) => archiveId),
            [delivery.receiverArchiveId],
          );
          assert.deepEqual(device.heard(), ['Hello']);
        }
        assert.deepEqual(await rows(juliet), ['Hello']);
        assert.deepEqual(await rows(await talk.home(ROMEO)), ['Hello']);
      });

      it('reaches an account that is not in memory', async () => {
        const delivery = await talk.say({ from: ORCHARD, to: NURSE, body: 'Nurse!' });
        assert.equal(delivery.receiver, talk.homes.loaded(NURSE));
        assert.deepEqual(await rows(delivery.receiver!), ['Nurse!']);
      });

      it('to nobody is told to be so', async () => {
        const nobody = talk.say({ from: ORCHARD, to: 'paris@example.test', body: 'x' });
        await assert.rejects(nobody, failure('unavailable'));
      });

      it('by people to themselves is kept once', async () => {
        await talk.say({ from: ORCHARD, to: ROMEO, body: 'to myself' });
        assert.deepEqual(await rows(await talk.home(ROMEO)), ['to myself']);
      });

      it('and is stopped on the way, is told to have reached nobody, and is not kept', async () => {
        talk.hooks.on(messageToAccount, 'block', () => 'stop');
        await assert.rejects(say('blocked'), failure('unavailable'));
        assert.deepEqual(await rows(juliet), []);
      });

      it('may be refused before it leaves, and is then kept by nobody', async () => {
        talk.hooks.on(messageFromAccount, 'authorize', () => {
          throw new Failure('forbidden', 'no');
        });
        await assert.rejects(say('refused'), failure('forbidden'));
        assert.deepEqual([await rows(juliet), await rows(await talk.home(ROMEO))], [[], []]);
      });

      it('is cleaned before anything else is done with it', async () => {
        talk.hooks.on(messageEntered, 'clean', ({ element }) => {
          element.children = element.children.slice(1);
        });
        await talk.say({ from: ORCHARD, to: JULIET, content: '<forged/><body>clean</body>' });
        assert.deepEqual(await rows(juliet), ['clean']);
      });
    });

    describe('what is not to be archived', () => {
      beforeEach(() => {
        talk.settings.archive = 'none';
      });

      it('is on no disk when a device takes it and nobody was promised anything', async () => {
        const device = new TalkDevice(juliet, 'a').publish(0);
        await say('passing');
        assert.deepEqual(device.heard(), ['passing']);
        assert.deepEqual(await rows(juliet), []);
      });

      it('is on disk until a device has it, when the sender was promised that', async () => {
        const device = new TalkDevice(juliet, 'a').publish(0);
        device.acknowledges = false;
        const { receiverArchiveId } = await say('promised', true);
        assert.deepEqual(await rows(juliet), ['promised']);
        assert.deepEqual((await findPage(juliet, EVERYTHING, { max: 10, maxBytes: 1e6 }, false)).entries, []);
        assert.deepEqual(await missingFrom(juliet, [receiverArchiveId]), [receiverArchiveId]);
        messageDelivered(juliet, receiverArchiveId);
        await later();
        assert.deepEqual(await rows(juliet), []);
      });

      it('waits for who is away, and is gone afterwards', async () => {
        await say('one');
        await say('two');
        await crash();
        const device = new TalkDevice(juliet, 'a').publish(0);
        await talk.settled();
        assert.deepEqual(device.heard(), ['one', 'two']);
        await later();
        assert.deepEqual(await rows(juliet), []);
      });

      it('is gone although what came before it still waits elsewhere', async () => {
        const slow = new TalkDevice(juliet, 'slow').publish(-1);
        slow.acknowledges = false;
        const first = await talk.say({ from: ORCHARD, to: `${JULIET}/slow`, body: 'first', promised: true });
        const quick = new TalkDevice(juliet, 'quick').publish(0);
        await talk.say({ from: ORCHARD, to: `${JULIET}/quick`, body: 'second', promised: true });
        assert.deepEqual(quick.heard(), ['second']);
        await later();
        messageDelivered(juliet, first.receiverArchiveId);
        await later();
        assert.deepEqual(await rows(juliet), []);
      });
    });

    describe('preferences (XEP-0441 §2.3)', () => {
      const cases = [
        { default: 'never', always: [ORCHARD], never: [ROMEO], kept: true },
        { default: 'always', always: [ROMEO], never: [ORCHARD], kept: false },
        { default: 'never', always: [ROMEO], never: [], kept: true },
        { default: 'always', always: [], never: [ROMEO], kept: false },
        { default: 'roster', always: [], never: [], kept: false },
        { default: 'never', always: [`${ROMEO}/`], never: [], kept: false },
      ] as const;
      for (const { kept, ...preferences } of cases) {
        it(`${JSON.stringify(preferences)}: ${kept ? '' : 'not '}archived`, async () => {
          await setArchivePreferences(juliet, preferences);
          await crash();
          new TalkDevice(juliet, 'a').publish(0);
          await say('x');
          assert.equal((await rows(juliet)).length, kept ? 1 : 0);
        });
      }
    });

    describe('what waits', () => {
      it('is told in its order, with a note of when it came', async () => {
        const at = talk.clock.now();
        await say('one');
        talk.clock.advance(1000);
        await say('two');
        const device = new TalkDevice(juliet, 'a').publish(0);
        await talk.settled();
        const stamps = device.messages.map(({ element }) => element.child('delay', 'urn:xmpp:delay')!.attributes);
        assert.deepEqual(
          stamps.map(({ stamp }) => stamp),
          [at, at + 1000].map((time) => new Date(time).toISOString()),
        );
        assert.ok(stamps.every(({ from }) => from === 'example.test'));
        assert.deepEqual(device.heard(), ['one', 'two']);
      });

      it('is told once more after a crash, if that came before the mark was written, and else not', async () => {
        await say('one');
        new TalkDevice(juliet, 'a').publish(0);
        await talk.settled();
        await crash();
        const again = new TalkDevice(juliet, 'a').publish(0);
        await talk.settled();
        assert.deepEqual(again.heard(), ['one']);
        await later();
        await crash();
        const never = new TalkDevice(juliet, 'a').publish(0);
        await talk.settled();
        assert.deepEqual(never.heard(), []);
      });

      it('has the mark stand before what was not acknowledged, whatever was afterwards', async () => {
        const device = new TalkDevice(juliet, 'a').publish(0);
        device.acknowledges = false;
        const [one, two] = [await say('one'), await say('two')];
        messageDelivered(juliet, two.receiverArchiveId);
        await later();
        assert.ok(!((await mark(juliet)) >= one.receiverArchiveId));
        messageDelivered(juliet, one.receiverArchiveId);
        await later();
        assert.equal(await mark(juliet), two.receiverArchiveId);
      });

      it('is refused beyond the limit: unavailable; what is taken at once is not', async () => {
        talk.settings.maxWaiting = 2;
        await say('one');
        await say('two');
        await assert.rejects(say('three'), failure('unavailable'));
        const device = new TalkDevice(juliet, 'a');
        await talk.say({ from: ORCHARD, to: `${JULIET}/a`, body: 'directly' });
        assert.deepEqual(device.heard(), ['directly']);
        assert.deepEqual(await rows(juliet), ['one', 'two', 'directly']);
      });

      it('is given no faster than it is acknowledged, and what comes meanwhile comes afterwards', async () => {
        for (let i = 0; i < 160; i++) await say(`${i}`);
        const device = new TalkDevice(juliet, 'a');
        device.acknowledges = false;
        device.publish(0);
        await talk.settled();
        await say('live');
        assert.equal(device.messages.length, 100);
        const waiting = Array.from({ length: 160 }, (_, i) => `${i}`);
        device.acknowledges = true;
        for (const { archiveId } of [...device.messages]) messageDelivered(juliet, archiveId);
        await talk.settled();
        assert.deepEqual(device.heard(), [...waiting, 'live']);
        await later();
        assert.equal(inboxOf.of(juliet).owed.size, 0);
        assert.equal(inboxOf.of(juliet).catchUps.size, 0);
      });

      it('goes to another device when the one that was being given it leaves', async () => {
        for (let i = 0; i < 160; i++) await say(`${i}`);
        const [first, second] = ['a', 'b'].map((id) => new TalkDevice(juliet, id)) as [TalkDevice, TalkDevice];
        first.acknowledges = false;
        first.publish(0);
        await talk.settled();
        second.publish(0);
        await talk.settled();
        const given = first.messages.map(({ archiveId }) => archiveId);
        assert.deepEqual([given.length, second.heard().length], [100, 60]);
        await say('live');
        first.leave();
        for (const { archiveId } of first.messages) messageReturned(juliet, archiveId);
        second.publish(1);
        await talk.settled();
        assert.deepEqual(second.heard(), ['live', ...Array.from({ length: 100 }, (_, i) => `${i}`)]);
        await later();
        assert.equal(inboxOf.of(juliet).owed.size, 0);
      });

      it('is not told to who has read it in the archive', async () => {
        const [one] = [await say('one'), await say('two')];
        const device = new TalkDevice(juliet, 'a');
        readInArchive(device, [one.receiverArchiveId]);
        device.publish(0);
        await talk.settled();
        assert.deepEqual(device.heard(), ['two']);
        assert.equal(inboxOf.of(juliet).owed.size, 0);
      });

      it('is given in full to a crowd of devices together, none of it twice', async () => {
        for (let i = 0; i < 130; i++) await say(`${i}`);
        const devices = ['a', 'b', 'c'].map((id) => new TalkDevice(juliet, id).publish(0));
        await talk.settled();
        const heard = devices.flatMap((device) => device.heard());
        assert.equal(heard.length, 130);
        assert.equal(new Set(heard).size, 130);
      });
    });

    describe('what a device did not acknowledge before it left', () => {
      it('is owed again only when no other device has it', async () => {
        const [a, b] = ['a', 'b'].map((id) => new TalkDevice(juliet, id).publish(0)) as [TalkDevice, TalkDevice];
        for (const device of [a, b]) device.acknowledges = false;
        const { receiverArchiveId: id } = await say('one');
        a.leave();
        redeliver(juliet, 'example.test', [{ archiveId: id, text: a.messages[0]!.text }]);
        await talk.settled();
        assert.deepEqual(b.heard(), ['one']);
        b.leave();
        redeliver(juliet, 'example.test', [{ archiveId: id, text: '' }]);
        const c = new TalkDevice(juliet, 'c').publish(0);
        await talk.settled();
        assert.deepEqual(c.heard(), ['one']);
      });

      it('is kept then, where it was not before', async () => {
        talk.settings.archive = 'none';
        const a = new TalkDevice(juliet, 'a').publish(0);
        await say('one');
        a.leave();
        redeliver(juliet, 'example.test', a.messages);
        await later();
        await crash();
        const next = new TalkDevice(juliet, 'b').publish(0);
        await talk.settled();
        assert.deepEqual(next.heard(), ['one']);
      });
    });

    describe('the archive, page by page', () => {
      const PEERS = [ORCHARD, `${ROMEO}/phone`, `${NURSE}/hall`];

      it('gives what matches and nothing else, in both directions, however large the pages', async () => {
        const ids: number[] = [];
        const peers: string[] = [];
        for (let i = 0; i < 60; i++) {
          const peer = PEERS[(i * 7) % 3]!;
          const own = i % 4 === 0;
          const body = 'x'.repeat((i * 37) % 300);
          const delivery = await talk.say(
            own ? { from: `${JULIET}/a`, to: peer, body } : { from: peer, to: JULIET, body },
          );
          ids.push(own ? delivery.senderArchiveId : delivery.receiverArchiveId);
          peers.push(peer);
          talk.clock.advance(i % 3);
        }
        const bound = fc.option(fc.nat(59), { nil: undefined });
        await fc.assert(
          fc.asyncProperty(
            fc.record({
              after: bound,
              before: bound,
              peer: fc.constantFrom(undefined, ROMEO, NURSE, 'paris@example.test'),
              device: fc.constantFrom(undefined, 'phone', 'hall', 'nowhere'),
              listed: fc.option(fc.uniqueArray(fc.nat(59)), { nil: undefined }),
              max: fc.integer({ min: 1, max: 70 }),
              maxBytes: fc.constantFrom(1, 1000, 1_000_000),
              backwards: fc.boolean(),
              flipped: fc.boolean(),
            }),
            async ({ after, before, peer, device, listed, max, maxBytes, backwards, flipped }) => {
              const filter = {
                after: after === undefined ? 0 : ids[after]!,
                before: before === undefined ? Number.MAX_SAFE_INTEGER : ids[before]!,
                peer,
                device: peer && device,
                ids: listed?.sort((a, b) => a - b).map((i) => ids[i]!),
              };
              const expected = ids.filter(
                (id, i) =>
                  id > filter.after &&
                  id < filter.before &&
                  (peer === undefined || peers[i]!.startsWith(`${peer}/`)) &&
                  (filter.device === undefined || peers[i] === `${peer}/${device}`) &&
                  (listed === undefined || listed.includes(i)),
              );
              const found: number[] = [];
              for (let rest = filter; ; ) {
                const page = await findPage(juliet, rest, { max, maxBytes }, backwards);
                const read: number[] = [];
                for await (const { id } of readPage(juliet, page, flipped)) read.push(id);
                const pageIds = page.entries.map(({ id }) => id);
                assert.deepEqual(flipped ? read.reverse() : read, pageIds);
                assert.ok(pageIds.length <= max);
                if (backwards) found.unshift(...pageIds);
                else found.push(...pageIds);
                if (page.complete) break;
                assert.ok(pageIds.length > 0);
                rest = backwards ? { ...rest, before: pageIds[0]! } : { ...rest, after: pageIds.at(-1)! };
              }
              assert.deepEqual(found, expected);
              if (filter.device === undefined) {
                assert.equal(await countArchive(juliet, filter, 1000), expected.length);
              }
            },
          ),
          { numRuns: 60 },
        );
        assert.deepEqual(await archiveEnds(juliet), [ids[0], ids.at(-1)]);
        assert.equal(await countArchive(juliet, EVERYTHING, 10), 10);
      });

      it('has what was acknowledged, and what its own device has just said', async () => {
        const delivery = await talk.make({ from: `${JULIET}/a`, to: ROMEO, body: 'just now' });
        talk.hooks.run(messageFromAccount, delivery);
        await archiveSettled(juliet);
        assert.deepEqual(await missingFrom(juliet, [delivery.senderArchiveId]), []);
        assert.equal(takenAt(delivery.senderArchiveId), talk.clock.now());
        assert.equal(parseArchiveId(`${delivery.senderArchiveId}`), delivery.senderArchiveId);
      });

      it('is empty before anything was said', async () => {
        assert.equal(await archiveEnds(juliet), undefined);
        const page = await findPage(juliet, EVERYTHING, { max: 10, maxBytes: 1000 }, true);
        assert.deepEqual(page, { entries: [], complete: true });
      });
    });
  });
}

describe('messaging while the store fails', () => {
  const store = sqliteStore();
  let talk: Talk;
  let database: Database;
  const clock = new FakeClock();
  before(async () => {
    await store.start();
    database = await store.fresh(clock);
    await migrate(database, migrations, clock);
    talk = new Talk(database, [ROMEO, JULIET]);
  });
  after(async () => {
    await database.close();
    await store.stop();
  });

  const failing = (error: unknown) => error instanceof Failure && error.kind === 'store-failing';
  const say = (body: string) => talk.say({ from: ORCHARD, to: JULIET, body, promised: true });

  it('the sender is told, nobody is owed it, and what was acknowledged is delivered when the store is well', async () => {
    await say('before');
    const repair = await store.breakDown(database);
    await assert.rejects(say('x'.repeat(100_000)), failing);
    await assert.rejects(say('during'), failing);
    const juliet = await talk.home(JULIET);
    assert.equal(inboxOf.of(juliet).owed.size, 1);
    await repair();
    const well = new Promise<void>((resolve) => {
      database.onHealth(({ state }) => state === 'ok' && resolve());
    });
    for (let i = 0; i < 20 && database.health().state !== 'ok'; i++) {
      clock.advance(10_000);
      await Promise.race([well, talk.settled()]);
    }
    const device = new TalkDevice(juliet, 'a').publish(0);
    await talk.settled();
    await say('afterwards');
    assert.deepEqual(device.heard(), ['before', 'afterwards']);
  });
});
