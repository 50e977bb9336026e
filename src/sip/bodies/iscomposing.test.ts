import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SipError } from '../wire/sip-error.ts';
import { composingUntil, readComposing, writeComposing } from './iscomposing.ts';

const AT = Date.UTC(2003, 0, 27, 10, 43);
const document = (inside: string) =>
  `<?xml version="1.0" encoding="UTF-8"?><isComposing xmlns="urn:ietf:params:xml:ns:im-iscomposing"
     xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
     xsi:schemaLocation="urn:ietf:params:xml:ns:im-composing iscomposing.xsd">${inside}</isComposing>`;

test('RFC 3994 §5: the examples', () => {
  const active = readComposing(
    document('<state>active</state><contenttype>text/plain</contenttype><refresh>90</refresh>'),
  );
  assert.deepEqual(active, { state: 'active', contentType: 'text/plain', refreshSeconds: 90 });
  const idle = readComposing(
    document('<state>idle</state><lastactive>2003-01-27T10:43:00Z</lastactive><contenttype>audio</contenttype>'),
  );
  assert.deepEqual(idle, { state: 'idle', contentType: 'audio', lastActiveAt: AT });
  for (const one of [active, idle]) assert.deepEqual(readComposing(writeComposing(one)), one);
});

test('RFC 3994 §3.2: states of the future count as idle', () => {
  assert.equal(readComposing(document('<state>drawing</state>')).state, 'idle');
});

test('RFC 3994 §3.3: it holds for the time it says, or for two minutes', () => {
  assert.equal(composingUntil({ state: 'active', refreshSeconds: 90 }, 1000), 91_000);
  assert.equal(composingUntil({ state: 'active' }, 1000), 121_000);
  assert.equal(composingUntil({ state: 'idle', refreshSeconds: 90 }, 1000), undefined);
});

test('a document without state, or of another kind, is refused', () => {
  for (const body of [document(''), document('<state> </state>'), '<isComposing/>', '']) {
    assert.throws(
      () => readComposing(body),
      (error) => error instanceof SipError && error.status === 400 && error.reason.startsWith('Bad isComposing: '),
    );
  }
});
