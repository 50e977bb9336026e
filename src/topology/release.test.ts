/** Releases are read in every spelling, and match by major and minor alone. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Failure } from '#base/failure.ts';
import {
  formatAxlRelease,
  formatMarketingRelease,
  formatRelease,
  ownRelease,
  parseRelease,
  type Release,
  releasesMatch,
  sameWholeRelease,
} from './release.ts';

const spellings: [text: string, release: Release][] = [
  ['9.0(1)', { major: 9, minor: 0, maintenance: 1 }],
  ['12.5(1)SU4', { major: 12, minor: 5, maintenance: 1, su: 4 }],
  ['12.5(1) su4a', { major: 12, minor: 5, maintenance: 1, su: 4 }],
  ['9.0.1.10000-37', { major: 9, minor: 0, maintenance: 1, build: 10000, number: 37 }],
  ['9.0.1.10000(37)', { major: 9, minor: 0, maintenance: 1, build: 10000, number: 37 }],
  ['System version: 9.0.1.10000-37', { major: 9, minor: 0, maintenance: 1, build: 10000, number: 37 }],
  ['  9.0\n', { major: 9, minor: 0 }],
  ['15.0', { major: 15, minor: 0 }],
  ['9.1.2', { major: 9, minor: 1, maintenance: 2 }],
  ['15SU2', { major: 15, minor: 0, su: 2 }],
  ['15', { major: 15, minor: 0 }],
];

for (const [text, release] of spellings) {
  test(`${JSON.stringify(text)} is read`, () => assert.deepEqual(parseRelease(text), release));
}

test('what is no release is refused with the text itself, and cut where it is long', () => {
  for (const text of ['', 'nine', '9.', '9.0.1.10000-37;', '8.6.4.x', '-1.0', '9.0(1', '9999999.0']) {
    assert.throws(
      () => parseRelease(text),
      (error) => error instanceof Failure && error.kind === 'malformed' && error.message.includes(JSON.stringify(text)),
      text,
    );
  }
  assert.throws(
    () => parseRelease(`9.${'0'.repeat(100_000)}`),
    (error: Error) => error.message.length < 200,
  );
});

test('any text is a release or a Failure', () => {
  const nearly = fc.stringMatching(/^[0-9.()SUsu -]{0,30}$/);
  fc.assert(
    fc.property(fc.oneof(fc.string(), nearly), (text) => {
      try {
        const release = parseRelease(text);
        assert.deepEqual(parseRelease(formatRelease(release)), release);
      } catch (error) {
        if (!(error instanceof Failure)) throw error;
      }
    }),
  );
});

const part = fc.integer({ min: 0, max: 99 });
const whole = fc.record(
  {
    major: part,
    minor: part,
    maintenance: part,
    build: fc.integer({ min: 10_000, max: 99_999 }),
    number: part,
  },
  { noNullPrototype: true },
);

test('a whole release is read back from the command line and from AXL', () => {
  fc.assert(
    fc.property(whole, (release) => {
      assert.deepEqual(parseRelease(formatRelease(release)), release);
      assert.deepEqual(parseRelease(formatAxlRelease(release)), release);
    }),
  );
  assert.equal(formatRelease(parseRelease('9.0.1.10000(37)')), '9.0.1.10000-37');
  assert.equal(formatAxlRelease(parseRelease('9.0.1.10000-37')), '9.0.1.10000(37)');
});

test('marketing names a service update by its build, and drops the minor part from 15 on', () => {
  const marketing = (text: string) => formatMarketingRelease(parseRelease(text));
  assert.equal(marketing('9.0.1.10000-37'), '9.0(1)');
  assert.equal(marketing('11.5.1.12900-21'), '11.5(1)SU2');
  assert.equal(marketing('15.0.1.11900-40'), '15SU1');
  assert.equal(marketing('12.5(1)SU4'), '12.5(1)SU4');
  assert.equal(marketing('9.1'), '9.1');
});

const matches: [presence: string, callManager: string, match: boolean, why: RegExp][] = [
  ['9.0.1.10000-37', '9.0.1.10000-37', true, /both are 9\.0/],
  ['9.0.1.10000-37', '9.0.2.11000-4', true, /both are 9\.0/],
  ['9.1.1.20000-5', '9.1.1.10000-11', true, /both are 9\.1/],
  ['9.0.1.10000-37', '9.1.1.10000-11', false, /minor release differs/],
  ['9.1.2.10000-1', '9.0.1.10000-37', false, /minor release differs/],
  ['9.1.1.10000-8', '8.6.2.20000-2', false, /major release differs/],
  ['10.0.1.10000-24', '9.1.2.10000-28', false, /major release differs/],
  ['8.6.4.10000-1', '9.0.1.10000-37', false, /major release differs/],
  ['8.6.4.10000-1', '8.6.4.10000-1', false, /before 9\.0/],
  ['9.0', '9.0.1.10000-37', true, /both are 9\.0/],
  ['15.0.1.11900-40', '15.0.1.10000-32', true, /both are 15\.0/],
  ['15SU2', '15.0.1.10000-32', true, /both are 15\.0/],
  // The upgrade guide of 9.0 has these three.
  ['9.0.2.10000-4', '9.0.12.30000-2', true, /both are 9\.0/],
  ['9.0.2.10000-4', '9.1.1.10000-3', false, /minor release differs/],
  ['9.0.1.10000-9', '8.6.2.10000-6', false, /major release differs/],
];

for (const [presence, callManager, match, why] of matches) {
  test(`presence ${presence} and call manager ${callManager} ${match ? 'match' : 'do not match'}`, () => {
    const verdict = releasesMatch(parseRelease(presence), parseRelease(callManager));
    assert.equal(verdict.match, match);
    assert.match(verdict.why, why);
    for (const text of [presence, callManager])
      assert.ok(verdict.why.includes(formatRelease(parseRelease(text))), 'both versions are shown');
  });
}

test('nodes of one cluster are of one release in all its parts', () => {
  const compare = (a: string, b: string) => sameWholeRelease(parseRelease(a), parseRelease(b));
  assert.equal(compare('9.0.1.10000-37', '9.0.1.10000(37)').match, true);
  for (const other of [
    '9.0.1.10000-38',
    '9.0.1.10001-37',
    '9.0.2.10000-37',
    '9.1.1.10000-37',
    '9.0.1',
    '9.0.1.10000-37SU1',
  ]) {
    const { match, why } = compare('9.0.1.10000-37', other);
    assert.equal(match, false, other);
    assert.match(why, /differs/);
  }
});

test('the own release is of its line, and differs for each version of the package', () => {
  assert.equal(formatRelease(ownRelease('9.0', '0.1.0')), '9.0.1.10100-1');
  assert.equal(formatRelease(ownRelease('11.5', '1.2.3')), '11.5.2.10200-4');
  const versions = ['0.1.0', '0.1.1', '0.2.0', '1.0.0', '1.1.0'];
  assert.equal(new Set(versions.map((version) => formatRelease(ownRelease('9.0', version)))).size, versions.length);
});
