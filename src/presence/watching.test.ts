import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import type { Home } from '#accounts/home.ts';
import { blockListOf } from '#contacts/block-list.ts';
import { contactsOf } from '#contacts/contact-list.ts';
import { say } from '#contacts/subscribing.ts';
import { RecordingDevice, type World } from '../../test/support/homes.ts';
import { heard, JULIET, makePresenceWorld, NURSE, ROMEO, says, source } from '../../test/support/presence-world.ts';
import { probeArriving } from './hooks.ts';
import { presenceSettingsChanged } from './publishing.ts';
import { defaultPresenceSettings } from './settings.ts';
import { putSource, removeSource } from './sources.ts';
import type { Watcher } from './watcher.ts';
import { askToWatch, mayWatch, onAuthorizationChange, presenceOf, watch, watchersOf } from './watching.ts';

let world: World;
const settings = { ...defaultPresenceSettings };
const romeo = () => world.home(ROMEO);

beforeEach(async () => {
  Object.assign(settings, defaultPresenceSettings);
  world = await makePresenceWorld(settings);
});
afterEach(() => world.close());

/** Counts how often it is told, and notes what it finds. */
function watcher(address = NURSE): Watcher & { found: string[] } {
  const found: string[] = [];
  return {
    address,
    found,
    describe: () => ({ edge: 'sip', since: 0, expiresAt: 0, userAgent: 'test' }),
    changed: (home: Home) => found.push(presenceOf(home).availability),
  };
}

describe('somebody who watches otherwise than as an XMPP contact', () => {
  test('is told once of all that changes in one turn, and finds the last of it', async () => {
    const home = await romeo();
    const nurse = watcher();
    watch(home, nurse);
    const orchard = new RecordingDevice(home, 'orchard');
    says(orchard, 'available');
    says(orchard, 'away');
    putSource(home, source(home, 'sip-1', { says: { availability: 'chat' } }));
    assert.deepEqual(nurse.found, []);
    await turn();
    assert.deepEqual(nurse.found, ['chat']);
    removeSource(home, 'sip-1');
    await turn();
    assert.deepEqual(nurse.found, ['chat', 'away']);
  });

  test('is not told of a refresh, nor after it has stopped', async () => {
    const home = await romeo();
    const nurse = watcher();
    const first = source(home, 'sip-1');
    putSource(home, first);
    const stop = watch(home, nurse);
    putSource(home, { ...first, tag: 'b' });
    await turn();
    stop();
    removeSource(home, 'sip-1');
    await turn();
    assert.deepEqual(nurse.found, []);
  });

  test('ten thousand are all told, though others come, go and fail meanwhile', async () => {
    const home = await romeo();
    const all = Array.from({ length: 10_000 }, () => watcher());
    const stops = all.map((one) => watch(home, one));
    all[5000]!.changed = () => stops[9999]!();
    putSource(home, source(home, 'sip-1'));
    for (let turns = 0; turns < 1000 && all[9998]!.found.length === 0; turns++) await turn();
    assert.equal(all.filter(({ found }) => found.length === 1).length, 9998);
    putSource(home, source(home, 'sip-1', { says: { availability: 'away' } }));
    for (let turns = 0; turns < 1000 && all[9998]!.found.length === 1; turns++) await turn();
    assert.deepEqual(all[9998]!.found, ['available', 'away']);
  });

  test('may itself be what changes something: all hear of that, too', async () => {
    const home = await romeo();
    const [first, second] = [watcher(), watcher()];
    const { changed } = first;
    first.changed = (at) => {
      changed(at);
      if (first.found.length === 1) putSource(home, source(home, 'sip-2', { says: { availability: 'chat' } }));
    };
    for (const one of [first, second]) watch(home, one);
    putSource(home, source(home, 'sip-1'));
    for (let turns = 0; turns < 5; turns++) await turn();
    assert.deepEqual([first.found, second.found], [['available', 'chat'], ['chat']]);
  });

  test('keeps the home loaded', async () => {
    const home = await romeo();
    const stop = watch(home, watcher());
    world.clock.advance(600_000);
    assert.equal(world.homes.loaded(ROMEO), home);
    assert.equal(watchersOf(home).size, 1);
    stop();
    world.clock.advance(30_000);
    assert.equal(world.homes.loaded(ROMEO), home);
    world.clock.advance(120_000);
    assert.equal(world.homes.loaded(ROMEO), undefined);
  });
});

describe('what it all comes to', () => {
  test('is the same object until something changes, and its version never comes again', async () => {
    const home = await romeo();
    const first = presenceOf(home);
    assert.equal(presenceOf(home), first);
    putSource(home, source(home, 'sip-1'));
    const second = presenceOf(home);
    assert.ok(second.version > first.version);
    removeSource(home, 'sip-1');
    const third = presenceOf(home);
    assert.ok(third.version > second.version);
    world.clock.advance(1);
    world.restart();
    assert.ok(presenceOf(await romeo()).version > third.version);
  });

  test('has a part for each who says something, with what is shown of it', async () => {
    const home = await romeo();
    says(new RecordingDevice(home, 'orchard'), 'available');
    const line = { kind: 'phone-line', line: { state: 'busy', doNotDisturb: false } } as const;
    putSource(home, source(home, 'line-1', line));
    const parts = presenceOf(home).parts.map(({ id, kind, says, shown }) => [
      id,
      kind,
      says.availability,
      shown?.availability,
    ]);
    assert.deepEqual(parts, [
      ['orchard', 'device', 'available', 'away'],
      ['line-1', 'phone-line', 'available', undefined],
    ]);
  });

  test('by the phone alone it is the phone that is shown', async () => {
    const home = await romeo();
    const line = { kind: 'phone-line', line: { state: 'busy', doNotDisturb: false } } as const;
    putSource(home, source(home, 'line-1', line));
    const [part] = presenceOf(home).parts;
    assert.deepEqual([part?.shown?.device, part?.shown?.activities], ['phone', ['on-the-phone']]);
  });
});

describe('who may watch', () => {
  test('RFC 3856 §5: those whom the account has admitted, and itself; others wait for its decision', async () => {
    const home = await romeo();
    assert.deepEqual(
      [ROMEO, JULIET, NURSE].map((address) => mayWatch(home, address)),
      ['allowed', 'allowed', 'pending'],
    );
  });

  test('not those whom it blocks', async () => {
    const home = await romeo();
    world.hooks.on(probeArriving, 'block', ({ from }) => (from === JULIET ? 'stop' : undefined));
    assert.equal(mayWatch(home, JULIET), 'denied');
  });

  test('presence.visibility: everyone of this server, unasked; XMPP probes are answered, too', async () => {
    const home = await romeo();
    settings.visibility = 'everyone';
    assert.equal(mayWatch(home, NURSE), 'allowed');
    assert.equal(mayWatch(home, 'nurse@elsewhere.test'), 'pending');
    says(new RecordingDevice(home, 'orchard'), 'available');
    const nurse = new RecordingDevice(await world.home(NURSE), 'hall');
    world.homes.tell(ROMEO, { kind: 'probe', from: NURSE, fromDevice: 'hall' });
    assert.deepEqual(heard(nurse), ['romeo/orchard available']);
  });

  test('RFC 8048 §4.2: who asks from SIP asks like an XMPP contact, once', async () => {
    const nurse = await world.home(NURSE);
    await askToWatch(nurse, ROMEO);
    assert.equal(contactsOf(await romeo()).get(NURSE)?.pendingIn, true);
    const { version } = contactsOf(nurse);
    await askToWatch(nurse, ROMEO);
    assert.equal(contactsOf(nurse).version, version);
    await assert.rejects(askToWatch(nurse, 'nobody@example.test'), { kind: 'not-found' });
  });
});

describe('an edge hears that somebody may watch now, or no longer', () => {
  let told: string[];
  beforeEach(() => {
    told = [];
    onAuthorizationChange(world.homes, (home, watchers, isRefused) => {
      for (const watcher of watchers) {
        told.push(`${home.address} ${watcher} ${mayWatch(home, watcher)}${isRefused ? ' refused' : ''}`);
      }
    });
  });

  test('RFC 6121 §3.1.5: when a request is granted, and when that is taken back', async () => {
    const home = await romeo();
    await askToWatch(await world.home(NURSE), ROMEO);
    assert.deepEqual(told, []);
    await say(home, 'subscribed', NURSE, '');
    await say(home, 'unsubscribed', NURSE, '');
    assert.deepEqual(told, [`${ROMEO} ${NURSE} allowed`, `${ROMEO} ${NURSE} pending`]);
  });

  test('RFC 6121 §3.1.6: when a request is refused', async () => {
    await askToWatch(await world.home(NURSE), ROMEO);
    await say(await romeo(), 'unsubscribed', NURSE, '');
    assert.deepEqual(told, [`${ROMEO} ${NURSE} pending refused`]);
  });

  test('when somebody who watches is blocked, by name or with the domain, and no longer', async () => {
    const home = await romeo();
    world.hooks.on(probeArriving, 'block', ({ home, from }) =>
      blockListOf(home).blocks(from, '') ? 'stop' : undefined,
    );
    watch(home, watcher(JULIET));
    watch(home, watcher(JULIET));
    await blockListOf(home).block([JULIET, 'somebody@else.test']);
    await blockListOf(home).unblockAll();
    await blockListOf(home).block(['example.test']);
    const to = `${ROMEO} ${JULIET}`;
    assert.deepEqual(told, [`${to} denied`, `${to} allowed`, `${to} denied`]);
  });

  test('when the setting changes, those who watch', async () => {
    const home = await romeo();
    watch(home, watcher(NURSE));
    settings.visibility = 'everyone';
    presenceSettingsChanged(world.homes);
    // In slices, for there may be many.
    await new Promise(setImmediate);
    assert.deepEqual(told, [`${ROMEO} ${NURSE} allowed`]);
  });
});
