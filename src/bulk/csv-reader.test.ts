/** The CSV reader: rows of RFC 4180 come out as they are, and any bytes at all give rows or faults with their line. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { type CsvEvent, type CsvLimits, CsvReader } from './csv-reader.ts';
import { csvRow } from './csv-writer.ts';

function read(bytes: Uint8Array | string, limits: Partial<CsvLimits> = {}, cuts: readonly number[] = []): CsvEvent[] {
  const all = Buffer.from(bytes as string);
  const reader = new CsvReader(limits);
  const events: CsvEvent[] = [];
  let at = 0;
  for (const cut of [...cuts.map((n) => n % (all.length + 1)).sort((a, b) => a - b), all.length]) {
    events.push(...reader.feed(all.subarray(at, cut)));
    at = cut;
  }
  return [...events, ...reader.end()];
}

const shown = (events: readonly CsvEvent[]) =>
  events.map((event) =>
    'cells' in event ? `${event.line}:${event.cells.join('|')}` : `${event.line}! ${event.malformed}`,
  );

const vectors: [title: string, file: string | Uint8Array, ...expected: string[]][] = [
  ['rows end with LF, CRLF or the file', 'a,b\nc,d\r\ne,f', '1:a|b', '2:c|d', '3:e|f'],
  [
    'RFC 4180 §2.6, §2.7: quotes hold commas, line ends and doubled quotes',
    '"a,b","c\r\nd","e""f"\ng\n',
    '1:a,b|c\r\nd|e"f',
    '3:g',
  ],
  ['empty cells count', ',,\n"",""\n', '1:||', '2:|'],
  ['a byte order mark is no part of the first cell', '\ufeffa,b\n', '1:a|b'],
  ['half a byte order mark is text, and wrong', Buffer.from([0xef, 0xbb, 0x61]), '1! the line is not UTF-8'],
  ['a file that is half a byte order mark', Buffer.from([0xef]), '1! the line is not UTF-8'],
  ['a blank line is an error', 'a\n\nb\n\r\n', '1:a', '2! the line is blank', '3:b', '4! the line is blank'],
  ['an empty file has no rows', ''],
  ['one row of one empty cell', '""', '1:'],
  ['U+0000 spoils its row only', 'a\0b\n"c\0,\n",d\ne', '1! the line holds U+0000', '2! the line holds U+0000', '4:e'],
  [
    'a quote in the middle of a cell spoils its line only',
    'a"b,c\nd',
    '1! a quote stands inside a cell that does not begin with one',
    '2:d',
  ],
  [
    'text behind a closing quote',
    '"a"b,c\nd',
    '1! something stands between the closing quote of a cell and the comma',
    '2:d',
  ],
  ['a quote that is never closed takes the rest', 'a\n"b\nc\nd', '1:a', '2! a quote is opened and never closed'],
  ['a carriage return alone', 'a\rb\nc\r', '1! a carriage return stands alone', '2! a carriage return stands alone'],
  ['what is not UTF-8 spoils its row only', Buffer.from([0x61, 0xff, 0x0a, 0x62]), '1! the line is not UTF-8', '2:b'],
];

describe('the CSV reader', () => {
  for (const [title, file, ...expected] of vectors) {
    test(title, () => assert.deepEqual(shown(read(file)), expected));
  }

  test('limits are held, and the row after is read', () => {
    const limits = { maxCellBytes: 4, maxColumns: 2, maxRowBytes: 7 };
    assert.deepEqual(shown(read('12345\n"1\n2345"\na,b,c\n1234,1234\n1234,123\n', limits)), [
      '1! a cell is longer than 4 bytes',
      '2! a cell is longer than 4 bytes',
      '4! the row has more than 2 columns',
      '5! the row is longer than 7 bytes',
      '6:1234|123',
    ]);
  });

  test('after the last line that is allowed nothing is read', () => {
    assert.deepEqual(read('a\nb\nc\nd\n', { maxRows: 2 }).slice(2), [
      { line: 3, malformed: 'a file has 2 lines at most; divide it', isLast: true },
    ]);
  });

  const cell = fc.string({ unit: 'grapheme' }).map((text) => text.replaceAll('\0', ''));
  const rows = fc.array(fc.array(cell, { minLength: 1, maxLength: 5 }), { maxLength: 8 });

  test('what was written is read back the same', () => {
    fc.assert(
      fc.property(rows, fc.array(fc.nat()), (table, cuts) => {
        // A mark at the very beginning of a file is none of its text.
        fc.pre(!table[0]?.[0]?.startsWith('\ufeff'));
        const events = read(table.map(csvRow).join(''), {}, cuts);
        assert.deepEqual(
          events.map((event) => ('cells' in event ? event.cells : event)),
          table,
        );
      }),
    );
  });

  const bytes = fc.array(fc.oneof(fc.constantFrom(0x22, 0x2c, 0x0a, 0x0d, 0, 0xef, 0xbb, 0xbf, 0x61), fc.nat(255)), {
    maxLength: 60,
  });

  test('any bytes in any pieces give what they give at once, line by line', () => {
    fc.assert(
      fc.property(bytes, fc.array(fc.nat()), (file, cuts) => {
        const whole = read(Uint8Array.from(file), { maxCellBytes: 8 });
        assert.deepEqual(read(Uint8Array.from(file), { maxCellBytes: 8 }, cuts), whole);
        for (let i = 1; i < whole.length; i++) assert.ok(whole[i]!.line > whole[i - 1]!.line);
      }),
      { numRuns: 1000 },
    );
  });
});
