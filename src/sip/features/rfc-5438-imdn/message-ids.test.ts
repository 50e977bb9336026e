import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { readText } from '../../wire/byte-string.ts';
import { isToken } from '../../wire/text.ts';
import { fromMessageId, toMessageId } from './message-ids.ts';

test('RFC 5438 §13.2: any id of XMPP becomes a token, and is the same when it comes back', () => {
  const id = fc.oneof(fc.string(), fc.string({ unit: 'grapheme' }), fc.constantFrom('b64.', 'b64.YQ', 'b64.!', 'abc'));
  fc.assert(
    fc.property(id, (text) => {
      const wellFormed = text.toWellFormed();
      assert.ok(isToken(toMessageId(wellFormed)));
      assert.equal(fromMessageId(readText(toMessageId(wellFormed))), wellFormed);
    }),
  );
});

test('what SIP clients call their messages stays as it is', () => {
  for (const id of ['34jk324j', 'a.b-c', 'b64.!!']) assert.equal(fromMessageId(id), id);
});
