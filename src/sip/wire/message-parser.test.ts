import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Malformed } from './malformed.ts';
import type { SipRequest } from './message.ts';
import { defaultLimits, type MessageLimits, parseMessage } from './message-parser.ts';

const BASE =
  'OPTIONS sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK1\r\nFrom: <sip:c@d>;tag=1\r\nTo: <sip:a@b>\r\n' +
  'Call-ID: x\r\nCSeq: 1 OPTIONS\r\n';

function requestOf(bytes: string, limits?: MessageLimits): SipRequest {
  const message = parseMessage(bytes, limits);
  assert.ok(message.kind === 'request');
  return message;
}

function faultOf(bytes: string, limits?: MessageLimits): Malformed {
  try {
    parseMessage(bytes, limits);
  } catch (error) {
    assert.ok(error instanceof Malformed);
    return error;
  }
  assert.fail('it was taken');
}

test('RFC 3261 §7.3.1: names have no case, and spaces may stand before the colon', () => {
  const request = requestOf('OPTIONS sip:a@b SIP/2.0\r\nSUBJECT \t: x\r\nx-Y:\t z \t\r\nContent-length:0\r\n\r\n');
  assert.deepEqual(request.headers, ['subject', 'x', 'x-y', 'z', 'content-length', '0']);
});

test('RFC 3261 §7.3.3 and those that came later: compact forms are the whole names', () => {
  const forms = 'a b c d e f i j k l m n o r s t u v x y'.split(' ');
  const request = requestOf(`OPTIONS sip:a@b SIP/2.0\r\n${forms.map((form) => `${form}: 0\r\n`).join('')}\r\n`);
  assert.deepEqual(
    request.headers.filter((_, i) => i % 2 === 0),
    'accept-contact referred-by content-type request-disposition content-encoding from call-id reject-contact supported content-length contact identity-info event refer-to subject to allow-events via session-expires identity'.split(
      ' ',
    ),
  );
});

test('RFC 3261 §7.3.1: a folded line is one with a single space', () => {
  const request = requestOf('OPTIONS sip:a@b SIP/2.0\r\nSubject:\r\n\ta \r\n  b\r\n c\r\nTo:\r\n x\r\n\r\n');
  assert.deepEqual(request.headers, ['subject', 'a b c', 'to', 'x']);
});

test('RFC 3261 §7.5: empty lines before the start line mean nothing', () => {
  assert.equal(requestOf(`\r\n\r\n${BASE}\r\n`).method, 'OPTIONS');
});

test('RFC 3261 §18.3: without Content-Length the body is the rest of the datagram; with it, the rest is dropped', () => {
  assert.equal(requestOf(`${BASE}\r\nabc`).body, 'abc');
  assert.equal(requestOf(`${BASE}Content-Length: 2\r\n\r\nabc`).body, 'ab');
  assert.equal(requestOf(`${BASE}l: 00\r\n\r\nabc`).body, '');
});

test('RFC 3261 §7.2: a status line in any case of SIP, with any reason', () => {
  const response = parseMessage('sip/2.0 486 Besetzt: \u00fcb\r\n\r\n');
  assert.ok(response.kind === 'response');
  assert.deepEqual([response.status, response.reason], [486, 'Besetzt: \u00fcb']);
});

test('bytes of UTF-8 at the end of a value are no spaces', () => {
  assert.equal(requestOf('OPTIONS sip:a@b SIP/2.0\r\nSubject: \u00c3\u00a0\r\n\r\n').header('subject'), '\u00c3\u00a0');
});

describe('RFC 3261 §21.4.1: what is no message is refused with what is wrong', () => {
  const refused: readonly [string, number, string][] = [
    [`${BASE}Content-Length: 4\r\n\r\nabc`, 400, 'Content-Length Larger Than Message'],
    [`${BASE}Content-Length: x\r\n\r\n`, 400, 'Bad Content-Length'],
    [`${BASE}Content-Length: 1 2\r\n\r\n`, 400, 'Bad Content-Length'],
    [`${BASE}Content-Length: 99999999999\r\n\r\n`, 400, 'Bad Content-Length'],
    [`${BASE}Content-Length: 1\r\nl: 2\r\n\r\nabc`, 400, 'Several Content-Length'],
    [`${BASE}no colon\r\n\r\n`, 400, 'Bad Header Line'],
    [`${BASE}two words: x\r\n\r\n`, 400, 'Bad Header Line'],
    [`${BASE}: x\r\n\r\n`, 400, 'Bad Header Line'],
    [`${BASE}Subject: x`, 400, 'Missing Empty Line'],
    [BASE, 400, 'Missing Empty Line'],
    [`${BASE}Subject: a\nTo: b\r\n\r\n`, 400, 'Bad Line End'],
    [`${BASE}Subject: a\rTo: b\r\n\r\n`, 400, 'Bad Line End'],
    [`${BASE.replace('2.0', '3.0')}\r\n`, 505, 'Version Not Supported'],
    [`${BASE.replace('SIP/2.0', 'HTTP/1.1')}\r\n`, 400, 'Bad Request Line'],
    [`${BASE.replace('sip:a@b', 'sip:a @b')}\r\n`, 400, 'Bad Request-URI'],
    [`${BASE.replace('sip:a@b', 'sip:a\u0000@b')}\r\n`, 400, 'Bad Request-URI'],
    [`${BASE.replace('sip:a@b ', '')}\r\n`, 400, 'Bad Request-URI'],
  ];
  for (const [bytes, status, reason] of refused) {
    test(reason, () => {
      const fault = faultOf(bytes);
      assert.deepEqual([fault.status, fault.reason], [status, reason]);
      assert.equal(fault.request?.method, 'OPTIONS');
      assert.equal(fault.request?.via.branch, 'z9hG4bK1');
      assert.equal(fault.request?.callId, 'x');
    });
  }
});

test('RFC 3261 §8.2: what is neither request nor response, and a response with a fault, cannot be answered', () => {
  for (const bytes of [
    '',
    '\r\n\r\n',
    'x',
    ' a b\r\n\r\n',
    'SIP/2.0 99 x\r\n\r\n',
    'SIP/2.0 700 x\r\n\r\n',
    'SIP/2.0 200\r\n\r\n',
  ]) {
    assert.equal(faultOf(bytes).request, undefined, JSON.stringify(bytes));
  }
  assert.equal(faultOf('SIP/2.0 200 OK\r\nl: 5\r\n\r\n').request, undefined);
});

test('RFC 3261 §21.5.7, §21.4.11: limits of headers and bodies', () => {
  const many = `${BASE}${'X: y\r\n'.repeat(defaultLimits.maxHeaders)}\r\n`;
  assert.equal(faultOf(many).status, 513);
  assert.equal(faultOf(many).request?.callId, 'x');
  const long = `${BASE}X: ${'y'.repeat(defaultLimits.maxHeadBytes)}\r\n\r\n`;
  assert.equal(faultOf(long).status, 513);
  assert.equal(faultOf(`${BASE}\r\nabc`, { ...defaultLimits, maxBodyBytes: 2 }).status, 413);
  assert.equal(requestOf(`${BASE}\r\nabc`, { ...defaultLimits, maxBodyBytes: 3 }).body, 'abc');
});

test('no datagram takes long, whatever is in it', () => {
  const datagrams = [
    `${BASE}${'x\r\n'.repeat(20_000)}\r\n`,
    `${BASE}X: a${' '.repeat(60_000)}b\r\n c\r\n\r\n`,
    `${BASE}X:${'\r\n '.repeat(20_000)}\r\n\r\n`,
    `${BASE}${':'.repeat(60_000)}\r\n\r\n`,
  ];
  for (const bytes of datagrams) {
    const { user } = process.cpuUsage();
    try {
      parseMessage(bytes);
    } catch (error) {
      assert.ok(error instanceof Malformed);
    }
    assert.ok(process.cpuUsage().user - user < 50_000, bytes.slice(BASE.length, BASE.length + 20));
  }
});
