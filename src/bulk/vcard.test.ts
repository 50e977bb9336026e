/** vCards of contacts without an address: what RFC 2426 allows is taken, and nothing else. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { vcardFault } from './vcard.ts';

const card = (...lines: string[]) => ['BEGIN:VCARD', 'VERSION:3.0', ...lines, 'END:VCARD'].join('\r\n');

test('RFC 2426: names, parameters, groups and folded lines', () => {
  for (const good of [
    card('FN:Jane Doe'),
    card('N:Doe;Jane;;;', 'TEL;TYPE=work,voice:+1 2', 'item1.X-ABLabel;X="a:b;c":label'),
    card('FN:Jane', 'NOTE:one\\, two', ' and three\\n'),
    card('FN:Jane').replaceAll('\r\n', '\n'),
  ]) {
    assert.equal(vcardFault(good), undefined, good);
  }
});

test('what is no vCard 3.0 is told with what is wrong', () => {
  for (const [text, fault] of [
    ['', /does not begin/],
    ['BEGIN:VCARD', /does not end/],
    [card('FN Jane'), /none of a vCard: FN Jane/],
    [card('FN:x').replace('3.0', '4.0'), /not of version 3.0/],
    ['BEGIN:VCARD\nFN:x\nEND:VCARD', /not of version/],
    [card('TEL:1'), /names nobody/],
    [card('FN:x', 'END:VCARD', 'BEGIN:VCARD', 'FN:y'), /more than one/],
  ] as const) {
    assert.match(vcardFault(text) ?? '', fault);
  }
});

test('a long line that is nearly one is refused soon', () => {
  assert.match(vcardFault(card(`A${';B=",'.repeat(10_000)}`)) ?? '', /none of a vCard/);
  assert.match(vcardFault(card(`A;B=${'x,'.repeat(30_000)}"`)) ?? '', /none of a vCard/);
});
