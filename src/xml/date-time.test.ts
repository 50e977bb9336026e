import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Failure } from '#base/failure.ts';
import { readDateTime, writeDateTime } from './date-time.ts';

const MOON = Date.UTC(1969, 6, 21, 2, 56, 15);

test('XEP-0082 §3.2: one instant has many forms', () => {
  assert.equal(readDateTime('1969-07-21T02:56:15Z'), MOON);
  assert.equal(readDateTime('1969-07-20T21:56:15-05:00'), MOON);
  assert.equal(readDateTime('1969-07-21T08:26:15+05:30'), MOON);
  assert.equal(readDateTime('1969-07-21T02:56:15.1Z'), MOON + 100);
  assert.equal(readDateTime('1969-07-21T02:56:15.123456Z'), MOON + 123);
  assert.equal(writeDateTime(MOON), '1969-07-21T02:56:15.000Z');
});

const MALFORMED = {
  'a date without a time': '1969-07-21',
  'no zone': '1969-07-21T02:56:15',
  'the old format of XEP-0091': '19690721T02:56:15',
  'a thirteenth month': '1969-13-01T00:00:00Z',
  'a day that the month does not have': '1970-02-29T00:00:00Z',
  'an hour too late': '1970-01-01T24:00:00Z',
  'a leap second': '2016-12-31T23:59:60Z',
  'a zone that does not exist': '1970-01-01T00:00:00+15:00',
  'a zone with too many minutes': '1970-01-01T00:00:00+01:60',
  'white space': ' 1969-07-21T02:56:15Z',
  nothing: '',
};

for (const [what, text] of Object.entries(MALFORMED)) {
  test(`XEP-0082 §3.2: ${what} is malformed`, () => {
    assert.throws(
      () => readDateTime(text),
      (error) => error instanceof Failure && error.kind === 'malformed',
    );
  });
}

test('what is written is read back the same, and any text gives an instant or is malformed', () => {
  fc.assert(
    fc.property(
      fc.date({ min: new Date(-62_167_219_200_000), max: new Date(253_402_300_799_999), noInvalidDate: true }),
      (date) => {
        assert.equal(readDateTime(writeDateTime(date.getTime())), date.getTime());
      },
    ),
  );
  fc.assert(
    fc.property(fc.stringMatching(/^[0-9T:+.Z-]{0,30}$/), (text) => {
      try {
        assert.ok(Number.isFinite(readDateTime(text)));
      } catch (error) {
        assert.ok(error instanceof Failure && error.kind === 'malformed');
      }
    }),
  );
});
