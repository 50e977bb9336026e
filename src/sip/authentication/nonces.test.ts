import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { FakeClock } from '../../../test/support/fake-clock.ts';
import { Nonces, type Proof } from './nonces.ts';

const SECRET = Buffer.alloc(32, 7);
const SOURCE = '192.0.2.1';
const SETTINGS = { nonceSeconds: 300, withoutQopSeconds: 30, rememberedNonces: 1000 };
const PROOF: Proof = { address: 'a@example.test', source: SOURCE, username: 'a', realm: 'example.test', from: 'sip:a' };

function start(changes: Partial<typeof SETTINGS> = {}) {
  const clock = new FakeClock();
  return { clock, nonces: new Nonces(clock, SECRET, { ...SETTINGS, ...changes }) };
}

test('RFC 7616 §3.3: a nonce is good for its time, then stale; what is not ours is neither', () => {
  const { clock, nonces } = start();
  const nonce = nonces.make(SOURCE);
  assert.equal(nonces.check(nonce, SOURCE, true), 'good');
  clock.advance(300_000);
  assert.equal(nonces.check(nonce, SOURCE, true), 'good');
  clock.advance(1);
  assert.equal(nonces.check(nonce, SOURCE, true), 'stale');
  for (const other of ['', 'x', `${nonce}x`, `x${nonce.slice(1)}`, `${nonce.slice(0, 20)}_${nonce.slice(21)}`]) {
    if (other !== nonce) assert.notEqual(nonces.check(other, SOURCE, true), 'good', other);
  }
  const foreign = new Nonces(clock, Buffer.alloc(32, 8), SETTINGS).make(SOURCE);
  assert.equal(nonces.check(foreign, SOURCE, true), 'foreign');
});

test('RFC 2069: without qop its time is shorter', () => {
  const { clock, nonces } = start();
  const nonce = nonces.make(SOURCE);
  clock.advance(30_000);
  assert.equal(nonces.check(nonce, SOURCE, false), 'good');
  clock.advance(1);
  assert.equal(nonces.check(nonce, SOURCE, false), 'stale');
  assert.equal(nonces.check(nonce, SOURCE, true), 'good');
});

test('a nonce is good for the address alone that it was sent to, before and after it was used', () => {
  const { nonces } = start();
  const nonce = nonces.make(SOURCE);
  assert.equal(nonces.check(nonce, '192.0.2.2', true), 'stale');
  nonces.use(nonce, 1, 'r', PROOF);
  assert.equal(nonces.check(nonce, '192.0.2.2', true), 'stale');
  assert.equal(nonces.check(nonce, SOURCE, true), 'good');
});

test('no two nonces are the same', () => {
  const { nonces } = start();
  assert.equal(new Set(Array.from({ length: 1000 }, () => nonces.make(SOURCE))).size, 1000);
});

test('RFC 7616 §3.4: a nonce count is good once, in any order within 32, and none below that', () => {
  const { nonces } = start();
  const nonce = nonces.make(SOURCE);
  const use = (nc: number) => nonces.use(nonce, nc, '', PROOF);
  const uses: [nc: number, isGood: boolean][] = [
    [0, false],
    [1, true],
    [1, false],
    [3, true],
    [2, true],
    [2, false],
    [40, true],
    [9, true],
    [9, false],
    [8, false],
    [1, false],
    [39, true],
    [0xffffffff, true],
    [0xffffffff, false],
    [0xffffffff - 31, true],
    [0xffffffff - 32, false],
  ];
  for (const [nc, isGood] of uses) assert.equal(use(nc), isGood, `${nc}`);
});

test('RFC 7616 §5.12: whatever the order of the counts, none is taken twice', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 80 }), { maxLength: 200 }), (counts) => {
      const { nonces } = start();
      const nonce = nonces.make(SOURCE);
      const taken = counts.filter((nc) => nonces.use(nonce, nc, '', PROOF));
      assert.equal(new Set(taken).size, taken.length);
      // In rising order all are taken.
      const { nonces: others } = start();
      const other = others.make(SOURCE);
      const rising = [...new Set(counts)].sort((a, b) => a - b);
      assert.deepEqual(
        rising.filter((nc) => others.use(other, nc, '', PROOF)),
        rising,
      );
    }),
  );
});

test('without a count each response is good once, and one nonce for 64 of them', () => {
  const { nonces } = start();
  const nonce = nonces.make(SOURCE);
  assert.equal(nonces.use(nonce, undefined, 'r0', PROOF), true);
  assert.equal(nonces.use(nonce, undefined, 'r0', PROOF), false);
  for (let n = 1; n < 64; n++) assert.equal(nonces.use(nonce, undefined, `r${n}`, PROOF), true);
  assert.equal(nonces.use(nonce, undefined, 'r64', PROOF), false);
});

test('memory is bounded: what was forgotten is stale and cannot be replayed', () => {
  const { clock, nonces } = start();
  const made: string[] = [];
  for (let n = 0; n < 1500; n++) {
    clock.advance(1);
    const nonce = nonces.make(SOURCE);
    made.push(nonce);
    assert.equal(nonces.use(nonce, 1, '', PROOF), true);
  }
  assert.ok(nonces.remembered <= 1000);
  assert.equal(nonces.check(made[0]!, SOURCE, true), 'stale');
  assert.equal(nonces.check(made[499]!, SOURCE, true), 'stale');
  assert.equal(nonces.check(made[500]!, SOURCE, true), 'good');
  assert.equal(nonces.use(made[500]!, 1, '', PROOF), false);
  for (const _ of ['once', 'twice']) {
    clock.advance(301_000);
    nonces.use(nonces.make(SOURCE), 1, '', PROOF);
  }
  assert.equal(nonces.remembered, 2, 'those that have expired are not kept for long');
});

test('handing out challenges costs no memory', () => {
  const { nonces } = start();
  for (let n = 0; n < 5000; n++) nonces.check(nonces.make(SOURCE), SOURCE, true);
  assert.equal(nonces.remembered, 0);
});

test('after a restart a nonce from before is stale, for what was used of it is not known', () => {
  const { clock, nonces } = start();
  const nonce = nonces.make(SOURCE);
  clock.advance(1000);
  const restarted = new Nonces(clock, SECRET, SETTINGS);
  assert.equal(restarted.check(nonce, SOURCE, true), 'stale');
  assert.equal(restarted.check(restarted.make(SOURCE), SOURCE, true), 'good');
});
