import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { SipRequest } from '../../wire/message.ts';
import { FlowTokens } from './flow-tokens.ts';
import { LoopMarks } from './loop-marks.ts';

const secret = Buffer.from('a secret');

describe('flow tokens', () => {
  const tokens = new FlowTokens(secret);
  const token = tokens.write('tcp 192.0.2.1:5060 192.0.2.2:40000', 'call');

  test('RFC 5626 §5.2: a token names the flow again, for its own call', () => {
    assert.match(token, /^[\w-]+$/);
    assert.equal(tokens.read(token, 'call'), 'tcp 192.0.2.1:5060 192.0.2.2:40000');
    assert.equal(tokens.read(tokens.write('', 'call'), 'call'), '');
    assert.equal(tokens.read(token, 'another'), undefined);
  });

  test('RFC 5626 §5.2: nobody else makes or changes one', () => {
    assert.equal(new FlowTokens(Buffer.from('another')).read(token, 'call'), undefined);
    for (let i = 0; i < token.length; i++) {
      const changed = token.slice(0, i) + (token[i] === 'A' ? 'B' : 'A') + token.slice(i + 1);
      assert.equal(tokens.read(changed, 'call'), undefined, `character ${i}`);
    }
    for (const text of ['', 'x', `${token}A`, '\u00ff'.repeat(40)]) assert.equal(tokens.read(text, 'call'), undefined);
  });
});

describe('loop detection', () => {
  const marks = new LoopMarks(secret);
  const request = (uri: string, vias: string[], ...more: string[]) =>
    new SipRequest('INVITE', uri, [...vias.flatMap((via) => ['via', via]), ...more], '');
  const first = request('sip:j@example.test', ['SIP/2.0/UDP ua;branch=z9hG4bK1']);
  const ours = `SIP/2.0/UDP us;branch=z9hG4bKabc${marks.of(first)}`;

  test('RFC 3261 §16.3 step 4: what comes back as it went is a loop', () => {
    assert.equal(marks.isLoop(first), false);
    const between = 'SIP/2.0/UDP other;branch=z9hG4bK2';
    assert.equal(marks.isLoop(request('sip:j@example.test', [between, ours, 'SIP/2.0/UDP ua;branch=z9hG4bK1'])), true);
    assert.equal(marks.isLoop(request('sip:j@example.test', [`${between}, ${ours}`])), true);
  });

  test('RFC 3261 §16.3 step 4: what comes back for somebody else, or with another route, is a spiral', () => {
    const vias = [ours, 'SIP/2.0/UDP ua;branch=z9hG4bK1'];
    assert.equal(marks.isLoop(request('sip:k@example.test', vias)), false);
    assert.equal(marks.isLoop(request('sip:j@example.test', vias, 'route', '<sip:x;lr>')), false);
  });
});
