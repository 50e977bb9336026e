import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { FakeClock } from '../../test/support/fake-clock.ts';
import { Throttle, type ThrottleSettings } from './throttle.ts';

const settings: ThrottleSettings = {
  pairFreeFailures: 3,
  pairMaxWaitSeconds: 60,
  networkFreeFailures: 10,
  networkMaxWaitSeconds: 60,
  accountFreeFailures: 10,
  accountMaxWaitSeconds: 5,
  forgetSeconds: 60,
  maxEntries: 1000,
};

const JULIET = 'juliet@example.test';
const ROMEO = 'romeo@example.test';
const HOME = '192.0.2.1';
const ATTACKER = '198.51.100.9';

function throttle(changes: Partial<ThrottleSettings> = {}) {
  const clock = new FakeClock();
  return { clock, throttle: new Throttle(clock, { ...settings, ...changes }) };
}

function fail(guesses: number, of: Throttle, address: string, ip: string): void {
  for (let n = 0; n < guesses; n++) of.failed(address, ip);
}

test('who mistypes a few times does not wait', () => {
  const { throttle: it } = throttle();
  fail(3, it, JULIET, HOME);
  assert.deepEqual(it.attempt(JULIET, HOME), { allowed: true });
});

test('the wait begins at a second, doubles with each failure, and has a limit', () => {
  const { clock, throttle: it } = throttle();
  fail(3, it, JULIET, HOME);
  for (const waitMs of [1000, 2000, 4000, 8000, 16_000, 32_000]) {
    it.failed(JULIET, HOME);
    assert.deepEqual(it.attempt(JULIET, HOME), { allowed: false, retryAfterMs: waitMs });
    clock.advance(waitMs - 1);
    assert.deepEqual(it.attempt(JULIET, HOME), { allowed: false, retryAfterMs: 1 });
    clock.advance(1);
    assert.deepEqual(it.attempt(JULIET, HOME), { allowed: true });
  }
  fail(100, it, JULIET, HOME);
  assert.deepEqual(it.attempt(JULIET, HOME), { allowed: false, retryAfterMs: 60_000 });
});

test('failures are forgotten with time', () => {
  const { clock, throttle: it } = throttle();
  fail(5, it, JULIET, HOME);
  clock.advance(5 * 60_000);
  fail(3, it, JULIET, HOME);
  assert.deepEqual(it.attempt(JULIET, HOME), { allowed: true });
});

test('signing in forgets the failures of that network for that account', () => {
  const { throttle: it } = throttle();
  fail(3, it, JULIET, HOME);
  it.succeeded(JULIET, HOME);
  fail(3, it, JULIET, HOME);
  assert.deepEqual(it.attempt(JULIET, HOME), { allowed: true });
});

test('guesses from elsewhere do not stop one who has signed in from home before', () => {
  const { throttle: it } = throttle();
  it.succeeded(JULIET, HOME);
  fail(1000, it, JULIET, ATTACKER);
  for (let n = 0; n < 200; n++) it.failed(JULIET, `203.0.113.${n}`);
  assert.deepEqual(it.attempt(JULIET, HOME), { allowed: true });
});

test('guesses from many networks slow all attempts for the account that come from new networks, and no more than that', () => {
  const { clock, throttle: it } = throttle();
  for (let n = 0; n < 200; n++) it.failed(JULIET, `203.0.113.${n}`);
  assert.deepEqual(it.attempt(JULIET, HOME), { allowed: false, retryAfterMs: 5000 });
  clock.advance(5000);
  assert.deepEqual(it.attempt(JULIET, HOME), { allowed: true });
});

test('a network that tries one password with many accounts has to wait', () => {
  const { throttle: it } = throttle();
  for (let n = 0; n < 12; n++) it.failed(`user${n}@example.test`, ATTACKER);
  assert.deepEqual(it.attempt(JULIET, ATTACKER), { allowed: false, retryAfterMs: 2000 });
  assert.deepEqual(it.attempt(JULIET, HOME), { allowed: true });
});

test('colleagues behind the same address who have signed in before do not wait for one who guesses', () => {
  const { throttle: it } = throttle();
  it.succeeded(ROMEO, HOME);
  for (let n = 0; n < 100; n++) it.failed(`user${n}@example.test`, HOME);
  assert.deepEqual(it.attempt(ROMEO, HOME), { allowed: true });
});

test('an account of one’s own does not buy guesses at others', () => {
  const { throttle: it } = throttle();
  for (let n = 0; n < 20; n++) {
    it.failed(`user${n}@example.test`, ATTACKER);
    it.succeeded('mallory@example.test', ATTACKER);
  }
  assert.equal(it.attempt(JULIET, ATTACKER).allowed, false);
});

test('the whole /64 of an IPv6 address is one source', () => {
  const { throttle: it } = throttle();
  for (let n = 0; n < 4; n++) it.failed(JULIET, `2001:db8:1:2::${n}`);
  assert.equal(it.attempt(JULIET, '2001:db8:1:2:ffff::1').allowed, false);
  assert.equal(it.attempt(JULIET, '2001:db8:1:3::1').allowed, true);
});

test('memory is bounded, and what was seen longest ago is forgotten first', () => {
  const { throttle: it } = throttle({ maxEntries: 100, networkFreeFailures: 100_000 });
  for (let n = 0; n < 5000; n++) {
    it.failed(`user${n}@example.test`, ATTACKER);
    it.succeeded(`other${n}@example.test`, ATTACKER);
    it.failed(JULIET, HOME);
  }
  assert.ok(it.entries <= 400);
  assert.equal(it.attempt(JULIET, HOME).allowed, false);
});

test('whatever happens, the wait has a limit', () => {
  const happening = fc.record({
    what: fc.constantFrom('failed', 'succeeded', 'attempt'),
    who: fc.constantFrom(JULIET, ROMEO),
    from: fc.constantFrom(HOME, ATTACKER, '2001:db8::1', ''),
    afterMs: fc.nat(100_000),
  });
  fc.assert(
    fc.property(fc.array(happening, { maxLength: 200 }), (happenings) => {
      const { clock, throttle: it } = throttle();
      for (const { what, who, from, afterMs } of happenings) {
        clock.advance(afterMs);
        it[what as 'failed'](who, from);
        const attempt = it.attempt(who, from);
        assert.ok(attempt.allowed || (attempt.retryAfterMs > 0 && attempt.retryAfterMs <= 60_000));
      }
    }),
  );
});
