import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { Failure } from '#base/failure.ts';
import { Commit, type Database } from '#store/database.ts';
import { RecordingDevice, type World } from '../../test/support/homes.ts';
import { heard, JULIET, makePresenceWorld, ROMEO, says, source, written } from '../../test/support/presence-world.ts';
import { until } from '../../test/support/until.ts';
import { presencePublished } from './hooks.ts';
import { lastUnavailable } from './last-unavailable.ts';
import { registrationChanged } from './registration.ts';
import { restoreSources } from './restoring.ts';
import { defaultPresenceSettings } from './settings.ts';
import { putSource, removeSource, sourceOfTag, sourcesOf } from './sources.ts';

let world: World;
/** Juliet's, who watches. */
let juliet: RecordingDevice;
const romeo = () => world.home(ROMEO);

beforeEach(async () => {
  world = await makePresenceWorld();
  juliet = new RecordingDevice(await world.home(JULIET), 'balcony');
  says(juliet, 'available');
  juliet.notices.length = 0;
});
afterEach(() => world.close());

async function signIn(id: string): Promise<RecordingDevice> {
  return new RecordingDevice(await romeo(), id);
}

describe('a client that publishes (RFC 3903)', () => {
  test('is seen by contacts as a resource of its own, and by the own devices', async () => {
    const orchard = await signIn('orchard');
    says(orchard, 'available');
    for (const one of [orchard, juliet]) one.notices.length = 0;
    putSource(await romeo(), source(await romeo(), 'sip-1', { says: { availability: 'away' } }));
    assert.deepEqual([heard(juliet), heard(orchard)], [['romeo/sip-1 away'], ['romeo/sip-1 away']]);
    removeSource(await romeo(), 'sip-1');
    assert.deepEqual([heard(juliet), heard(orchard)], [['romeo/sip-1 unavailable'], ['romeo/sip-1 unavailable']]);
  });

  test('RFC 3903 §4.3: a refresh, with the same publication, is told to nobody', async () => {
    const first = source(await romeo(), 'sip-1', { tag: 'a' });
    putSource(await romeo(), first);
    juliet.notices.length = 0;
    putSource(await romeo(), { ...first, tag: 'b', expiresAt: 1 });
    assert.deepEqual(heard(juliet), []);
    assert.equal(sourceOfTag(await romeo(), 'b')?.id, 'sip-1');
    assert.equal(sourceOfTag(await romeo(), 'a'), undefined);
  });

  test('RFC 3903 §6.4: what is not refreshed ends, is told, and is remembered as when the person was last there', async () => {
    const home = await romeo();
    putSource(home, source(home, 'sip-1', { expiresAt: world.clock.now() + 5000 }));
    juliet.notices.length = 0;
    world.clock.advance(4000);
    assert.deepEqual(heard(juliet), []);
    world.clock.advance(2000);
    await turn();
    assert.deepEqual(heard(juliet), ['romeo/sip-1 unavailable']);
    assert.equal(sourcesOf(home).size, 0);
    assert.equal(lastUnavailable(home)?.at, world.clock.now());
  });

  test('RFC 6121 §4.3: who signs in is told of it, as contact and as device of the same account', async () => {
    putSource(await romeo(), source(await romeo(), 'sip-1'));
    says(juliet, undefined);
    juliet.notices.length = 0;
    says(juliet, 'available');
    assert.deepEqual(heard(juliet), ['juliet/balcony available', 'romeo/sip-1 available']);
    const orchard = await signIn('orchard');
    says(orchard, 'available');
    assert.deepEqual(heard(orchard).slice(0, 2), ['romeo/orchard available', 'romeo/sip-1 available']);
  });

  test('RFC 3863 §4.1.4: one that is closed is seen by nobody', async () => {
    putSource(await romeo(), source(await romeo(), 'sip-1', { says: { isOpen: false } }));
    assert.deepEqual(heard(juliet), []);
  });

  test('a handler that does not authorize it keeps all as it was', async () => {
    const home = await romeo();
    const before = source(home, 'sip-1');
    putSource(home, before);
    juliet.notices.length = 0;
    world.hooks.on(presencePublished, 'authorize', () => {
      throw new Failure('forbidden', 'not now');
    });
    assert.throws(() => putSource(home, source(home, 'sip-1', { says: { availability: 'away' } })), Failure);
    assert.throws(() => putSource(home, source(home, 'sip-2')), Failure);
    assert.deepEqual([...sourcesOf(home).values()], [before]);
    assert.deepEqual(heard(juliet), []);
  });

  test('there is a limit to how many there are, and how long a document is', async () => {
    const home = await romeo();
    const { maxSources, maxDocumentLength } = defaultPresenceSettings;
    for (let i = 0; i < maxSources; i++) putSource(home, source(home, `sip-${i}`));
    assert.throws(() => putSource(home, source(home, 'one-more')), { kind: 'over-limit' });
    putSource(home, source(home, 'sip-0', { says: { availability: 'away' } }));
    const payload = 'x'.repeat(maxDocumentLength + 1);
    assert.throws(() => putSource(home, source(home, 'sip-0', { says: { native: { edge: 'sip', payload } } })), {
      kind: 'over-limit',
    });
  });
});

describe('an override', () => {
  test('holds over all, and what was said shows again when it ends', async () => {
    const orchard = await signIn('orchard');
    says(orchard, 'do-not-disturb');
    juliet.notices.length = 0;
    const said = { availability: 'available', notes: { '': 'Call me' } } as const;
    putSource(await romeo(), source(await romeo(), 'override', { kind: 'override', says: said }));
    assert.deepEqual(heard(juliet), ['romeo/orchard available (Call me)']);
    removeSource(await romeo(), 'override');
    assert.deepEqual(heard(juliet), ['romeo/orchard do-not-disturb']);
  });

  test('that is closed hides the account from others, not from its own devices', async () => {
    const orchard = await signIn('orchard');
    says(orchard, 'available');
    for (const one of [orchard, juliet]) one.notices.length = 0;
    putSource(await romeo(), source(await romeo(), 'override', { kind: 'override', says: { isOpen: false } }));
    assert.deepEqual([heard(juliet), heard(orchard)], [['romeo/orchard unavailable'], []]);
    says(orchard, 'away');
    assert.deepEqual([heard(juliet), heard(orchard)], [[], ['romeo/orchard away']]);
    says(juliet, undefined);
    says(juliet, 'available');
    assert.deepEqual(heard(juliet), ['juliet/balcony available']);
    removeSource(await romeo(), 'override');
    assert.deepEqual(heard(juliet), ['romeo/orchard away']);
  });
});

describe('a SIP client that is registered and publishes nothing (RFC 3261 §10)', () => {
  class Registered extends RecordingDevice {
    readonly registration = { device: this.id, availability: 'available', priority: 0, notes: {}, at: 5 } as const;
  }

  test('is seen as available until something is published, and when it leaves', async () => {
    const softphone = new Registered(await romeo(), 'softphone');
    registrationChanged(softphone);
    assert.deepEqual(heard(juliet), ['romeo/softphone available']);
    putSource(await romeo(), source(await romeo(), 'sip-1', { says: { availability: 'away' } }));
    assert.deepEqual(heard(juliet), ['romeo/sip-1 away', 'romeo/softphone unavailable']);
    removeSource(await romeo(), 'sip-1');
    assert.deepEqual(heard(juliet), ['romeo/softphone available', 'romeo/sip-1 unavailable']);
    softphone.end();
    registrationChanged(softphone);
    assert.deepEqual(heard(juliet), ['romeo/softphone unavailable']);
    assert.equal(lastUnavailable(await romeo())?.at, world.clock.now());
  });

  test('unless presence.registeredIsAvailable says otherwise', async () => {
    await world.close();
    world = await makePresenceWorld({ ...defaultPresenceSettings, registeredIsAvailable: false });
    juliet = new RecordingDevice(await world.home(JULIET), 'balcony');
    says(juliet, 'available');
    juliet.notices.length = 0;
    registrationChanged(new Registered(await romeo(), 'softphone'));
    assert.deepEqual(heard(juliet), []);
  });
});

describe('what is published is on disk', () => {
  test('RFC 3903 §6: with its entity-tag and all it said, also after a restart', async () => {
    const said = {
      availability: 'away',
      notes: { en: 'Gone' },
      activities: ['meal'],
      native: { edge: 'sip', payload: '<presence>\0\xe9</presence>' },
    } as const;
    const published = source(await romeo(), 'sip-1', {
      tag: 'tag-1',
      expiresAt: world.clock.now() + 60_000,
      says: said,
    });
    putSource(await romeo(), published);
    const line = { state: 'busy', doNotDisturb: true } as const;
    putSource(await romeo(), source(await romeo(), 'line-1', { kind: 'phone-line', line, tag: 'tag-2' }));
    await written(world);
    world.restart();
    assert.deepEqual(sourceOfTag(await romeo(), 'tag-1'), published);
    assert.deepEqual(sourceOfTag(await romeo(), 'tag-2')?.line, { state: 'busy', doNotDisturb: true });
  });

  test('what has ended meanwhile is not there any more, nor is what was taken away', async () => {
    const home = await romeo();
    putSource(home, source(home, 'ends', { expiresAt: world.clock.now() + 1000 }));
    putSource(home, source(home, 'goes'));
    await written(world);
    removeSource(home, 'goes');
    await written(world);
    world.restart();
    world.clock.advance(1000);
    assert.equal(sourcesOf(await romeo()).size, 0);
  });

  test('a home with live sources stays loaded, and after a restart is loaded by itself and shown to contacts', async () => {
    putSource(await romeo(), source(await romeo(), 'sip-1', { expiresAt: world.clock.now() + 3_600_000 }));
    world.clock.advance(600_000);
    assert.notEqual(world.homes.loaded(ROMEO), undefined);
    await written(world);
    world.restart();
    juliet = new RecordingDevice(await world.home(JULIET), 'balcony');
    says(juliet, 'available');
    assert.deepEqual(heard(juliet), ['juliet/balcony available']);
    restoreSources(world.homes);
    await until('Juliet is told', () => juliet.notices.length > 0, { everyMs: 1 });
    assert.deepEqual(heard(juliet), ['romeo/sip-1 available']);
    world.clock.advance(3_600_000);
    await turn();
    assert.deepEqual(heard(juliet), ['romeo/sip-1 unavailable']);
    await written(world);
    world.clock.advance(120_000);
    assert.equal(world.homes.loaded(ROMEO), undefined);
  });

  test('what is written over within a moment is written once, a refresh without its document', async () => {
    const seen: string[] = [];
    await world.close();
    world = await makePresenceWorld(undefined, (database) => spying(database, seen));
    const home = await romeo();
    const first = source(home, 'sip-1', { tag: 'a' });
    putSource(home, first);
    putSource(home, { ...first, tag: 'b' });
    await written(world);
    putSource(home, { ...first, tag: 'c' });
    await written(world);
    assert.deepEqual(seen, ['insert', 'update']);
    world.restart();
    assert.equal(sourceOfTag(await romeo(), 'c')?.id, 'sip-1');
  });

  test('what was taken away and published again is written whole', async () => {
    const home = await romeo();
    const first = source(home, 'sip-1', { tag: 'a' });
    putSource(home, first);
    await written(world);
    removeSource(home, 'sip-1');
    await written(world);
    putSource(home, first);
    await written(world);
    world.restart();
    assert.equal(sourcesOf(await romeo()).size, 1);
  });

  test('what the store can never take is left out, and the rest is kept', async () => {
    const home = await romeo();
    putSource(home, source(home, 'bad', { tag: '\0' }));
    putSource(home, source(home, 'good'));
    await written(world);
    world.restart();
    assert.deepEqual([...sourcesOf(await romeo()).keys()], ['good']);
  });

  test('a store that fails is written to again', async () => {
    await world.close();
    let fails = true;
    world = await makePresenceWorld(undefined, (database) => ({
      ...spying(database, []),
      append: (sql, values) => (fails ? failed() : database.append(sql, values)),
    }));
    putSource(await romeo(), source(await romeo(), 'sip-1'));
    await written(world);
    fails = false;
    world.clock.advance(1000);
    await written(world);
    world.restart();
    assert.equal(sourcesOf(await romeo()).size, 1);
  });
});

function failed(): Commit {
  const commit = new Commit();
  commit.settle(new Failure('store-failing', 'the disk is full'));
  return commit;
}

/** Writes down the first word of what is appended. */
function spying(database: Database, seen: string[]): Database {
  return {
    kind: database.kind,
    read: (sql, values) => database.read(sql, values),
    readAll: (statements) => database.readAll(statements),
    write: (...statements) => database.write(...statements),
    append(sql, values) {
      seen.push(sql.slice(0, sql.indexOf(' ')));
      return database.append(sql, values);
    },
    health: () => database.health(),
    onHealth: (listener) => database.onHealth(listener),
    close: () => database.close(),
  };
}
