import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { decodeBase64 } from './base64.ts';

const vectors = { '': '', f: 'Zg==', fo: 'Zm8=', foo: 'Zm9v', foob: 'Zm9vYg==', fooba: 'Zm9vYmE=', foobar: 'Zm9vYmFy' };

test('RFC 4648 §10: the test vectors', () => {
  for (const [text, encoded] of Object.entries(vectors)) assert.equal(decodeBase64(encoded)?.toString(), text);
});

const refused: [text: string, why: string][] = [
  ['Zg', 'padding that is missing'],
  ['Zg=', 'half of the padding'],
  ['Zg===', 'too much padding'],
  ['=', 'nothing but padding'],
  ['Zm9v\n', 'a line break'],
  [' Zm9v', 'a space'],
  ['Zm-_', 'the alphabet for URLs'],
  ['Zh==', 'bits that are not zero before the padding'],
  ['Zg==Zg==', 'padding inside'],
  ['Z', 'a single character'],
  ['Zm9vé', 'a character outside ASCII'],
];

for (const [text, why] of refused) {
  test(`RFC 4648 §3: base64 is refused for ${why}`, () => assert.equal(decodeBase64(text), undefined));
}

test('what is encoded is decoded, and nothing else', () => {
  fc.assert(
    fc.property(fc.uint8Array(), (bytes) => {
      assert.deepEqual(decodeBase64(Buffer.from(bytes).toString('base64')), Buffer.from(bytes));
    }),
  );
  fc.assert(
    fc.property(fc.string(), (text) => {
      const bytes = decodeBase64(text);
      if (bytes !== undefined) assert.equal(bytes.toString('base64'), text);
    }),
  );
});
