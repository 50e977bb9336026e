import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { putSource, sourceOf } from '#presence/sources.ts';
import { presenceOf } from '#presence/watching.ts';
import { RecordingDevice, type World } from '../../test/support/homes.ts';
import { heard, JULIET, makePresenceWorld, ROMEO, says, source } from '../../test/support/presence-world.ts';
import { isNotToBeDisturbed, putLine, removeLine } from './phone-line.ts';

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

const busy = { state: 'busy', doNotDisturb: false, tag: '', expiresAt: Number.MAX_SAFE_INTEGER } as const;
const free = { ...busy, state: 'available' } as const;

describe('somebody on the phone', () => {
  test('rule 3: is shown on a call in place of what the client says, and as before when it is over', async () => {
    const orchard = await signIn('orchard');
    says(orchard, 'available', { notes: { '': 'Under the window' } });
    juliet.notices.length = 0;
    putLine(await romeo(), { line: '4711', ...busy });
    assert.deepEqual(heard(juliet), ['romeo/orchard away (On a call)']);
    putLine(await romeo(), { line: '4711', ...free });
    assert.deepEqual(heard(juliet), ['romeo/orchard available (Under the window)']);
  });

  test('rule 4: is shown by a resource of the phone alone while no client is signed in', async () => {
    putLine(await romeo(), { line: '4711', ...busy });
    assert.deepEqual(heard(juliet), ['romeo/phone away (On a call)']);
    assert.equal(juliet.notices.length, 0);
    const orchard = await signIn('orchard');
    says(orchard, 'available');
    assert.deepEqual(heard(juliet), ['romeo/orchard away (On a call)', 'romeo/phone unavailable']);
    says(orchard, undefined);
    assert.deepEqual(heard(juliet), ['romeo/orchard unavailable', 'romeo/phone away (On a call)']);
    removeLine(await romeo(), '4711');
    assert.deepEqual(heard(juliet), ['romeo/phone unavailable']);
  });

  test('rule 1: is shown as it said by hand, and nothing changes when the call ends', async () => {
    const orchard = await signIn('orchard');
    says(orchard, 'do-not-disturb');
    juliet.notices.length = 0;
    putLine(await romeo(), { line: '4711', ...busy });
    putLine(await romeo(), { line: '4711', ...free });
    assert.deepEqual(heard(juliet), []);
  });

  test('rule 5: do not disturb set on the phone is shown of its clients', async () => {
    const orchard = await signIn('orchard');
    says(orchard, 'available');
    juliet.notices.length = 0;
    putLine(await romeo(), { line: '4711', ...free, doNotDisturb: true });
    assert.deepEqual(heard(juliet), ['romeo/orchard do-not-disturb (Do not disturb)']);
  });

  test('rule 7: two lines are one phone, and the second changes nothing', async () => {
    putLine(await romeo(), { line: '4711', ...busy });
    juliet.notices.length = 0;
    putLine(await romeo(), { line: '4712', ...busy });
    putLine(await romeo(), { line: '4711', ...free });
    assert.deepEqual(heard(juliet), []);
    putLine(await romeo(), { line: '4712', ...free });
    assert.deepEqual(heard(juliet), ['romeo/phone unavailable']);
  });

  test('does not flap: while a client still says so itself a call counts for two seconds after the line is free', async () => {
    const orchard = await signIn('orchard');
    const jabber = await signIn('jabber');
    says(orchard, 'available');
    putLine(await romeo(), { line: '4711', ...busy });
    says(jabber, 'away', { notes: { '': 'On a call' } });
    juliet.notices.length = 0;
    putLine(await romeo(), { line: '4711', ...free });
    world.clock.advance(1000);
    assert.deepEqual(heard(juliet), []);
    world.clock.advance(1000);
    assert.deepEqual(heard(juliet), ['romeo/orchard available']);
  });

  test('and it is over as soon as that client says something else', async () => {
    const orchard = await signIn('orchard');
    const jabber = await signIn('jabber');
    says(orchard, 'available');
    putLine(await romeo(), { line: '4711', ...busy });
    says(jabber, 'away', { notes: { '': 'On a call' } });
    putLine(await romeo(), { line: '4711', ...free });
    juliet.notices.length = 0;
    says(jabber, 'away', { notes: { '': 'Lunch' } });
    assert.deepEqual(heard(juliet), ['romeo/jabber away (Lunch)', 'romeo/orchard available']);
    world.clock.advance(5000);
    assert.deepEqual(heard(juliet), []);
  });

  test('a change is one notice for all who see it', async () => {
    const chamber = new RecordingDevice(juliet.home, 'chamber');
    const orchard = await signIn('orchard');
    says(chamber, 'available');
    says(orchard, 'available');
    for (const one of [chamber, juliet, orchard]) one.notices.length = 0;
    putLine(await romeo(), { line: '4711', ...busy });
    assert.equal(juliet.notices.length, 1);
    assert.equal(chamber.notices[0], juliet.notices[0]);
    assert.equal(orchard.notices[0], juliet.notices[0]);
  });
});

describe('what a call manager says of a line', () => {
  test('is refreshed with a new tag and a new end, and keeps the time from which it holds', async () => {
    const home = await romeo();
    const first = putLine(home, { line: '4711', ...busy, tag: 'a' });
    world.clock.advance(1000);
    const { publication, tag } = putLine(home, { line: '4711', ...busy, tag: 'b' });
    assert.equal(publication, first.publication);
    assert.deepEqual([tag, sourceOf(home, 'line-4711')?.tag], ['b', 'b']);
    assert.equal(presenceOf(home).since, first.publication.at);
  });

  test('ends when it is not refreshed, and the call with it', async () => {
    putLine(await romeo(), { line: '4711', ...busy, expiresAt: world.clock.now() + 3_600_000 });
    juliet.notices.length = 0;
    world.clock.advance(3_601_000);
    await turn();
    assert.deepEqual(heard(juliet), ['romeo/phone unavailable']);
  });
});

describe('do not disturb, for the call manager', () => {
  test('is told where the person set it on a client', async () => {
    const orchard = await signIn('orchard');
    putLine(await romeo(), { line: '4711', ...free });
    says(orchard, 'do-not-disturb');
    assert.equal(isNotToBeDisturbed(await romeo()), true);
    says(orchard, 'available');
    assert.equal(isNotToBeDisturbed(await romeo()), false);
    const quiet = { kind: 'override', says: { availability: 'do-not-disturb' } } as const;
    putSource(await romeo(), source(await romeo(), 'override', quiet));
    assert.equal(isNotToBeDisturbed(await romeo()), true);
  });

  test('is not said back to the phone that it is from', async () => {
    says(await signIn('orchard'), 'available');
    putLine(await romeo(), { line: '4711', ...free, doNotDisturb: true });
    assert.equal(presenceOf(await romeo()).availability, 'do-not-disturb');
    assert.equal(isNotToBeDisturbed(await romeo()), false);
  });
});
