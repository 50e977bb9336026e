import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { SipError } from '../wire/sip-error.ts';
import { decodeContent, mimeHeader, readContentType } from './mime.ts';
import { contentPart, newBoundary, partById, readMultipart, relatedType, writeMultipart } from './multipart.ts';

const MIXED = readContentType('multipart/mixed; boundary="a b"');

test('RFC 4662 §5.2: what is written is read back the same, root first', () => {
  const boundary = newBoundary();
  const parts = [
    contentPart('application/pidf+xml', '1@example.com', '<a/>\r\n--x\r\n'),
    contentPart('application/rlmi+xml;charset="UTF-8"', '2@example.com', '', ['x', 'y']),
  ];
  const type = readContentType(relatedType('application/rlmi+xml', '2@example.com', boundary));
  assert.deepEqual([type.type, type.parameters.get('type')], ['multipart/related', 'application/rlmi+xml']);
  const { parts: back, root } = readMultipart(type, writeMultipart(parts, boundary));
  assert.deepEqual(back, parts);
  assert.equal(root, back[1]);
  assert.equal(partById(back, 'cid:1@example.com'), back[0]);
});

test('RFC 2046 §5.1.1: preamble, padding, a part without headers, epilogue', () => {
  const body =
    'hello\r\n--a b  \r\n\r\n--a bc\r\nx--a b\r\n--a b\t\r\nContent-Type:\r\n text/plain\r\n\r\n\r\n--a b--\r\nbye\r\n--a b\r\n';
  const { parts } = readMultipart(MIXED, body);
  assert.deepEqual(parts, [
    { headers: [], body: '--a bc\r\nx--a b' },
    { headers: ['content-type', 'text/plain'], body: '' },
  ]);
});

test('bare line feeds are borne', () => {
  assert.deepEqual(readMultipart(MIXED, '--a b\nA: b\n\ntext\n--a b--').parts, [{ headers: ['a', 'b'], body: 'text' }]);
});

const REFUSED: [title: string, type: string, body: string, reason: string][] = [
  ['no boundary', 'multipart/mixed', '--a--', 'Bad multipart body: there is no boundary, or it is malformed'],
  ['a boundary that ends with a space', 'multipart/mixed;boundary="a "', '', 'Bad multipart body: there is no boundary, or it is malformed'],
  ['a boundary that is nowhere', 'multipart/mixed;boundary=a', 'b', 'Bad multipart body: its boundary is nowhere'],
  ['no end', 'multipart/mixed;boundary=a', '--a\r\n\r\nb', 'Bad multipart body: its last boundary is missing'],
  ['no part', 'multipart/mixed;boundary=a', '--a--', 'Bad multipart body: there is no first part'],
  ['a root that is nowhere', 'multipart/related;boundary=a;start="<x>"', '--a\r\n\r\nb\r\n--a--', 'Bad multipart body: there is no first part'],
  ['too many parts', 'multipart/mixed;boundary=a', '--a\r\n'.repeat(1500), 'Bad multipart body: it has more than 1000 parts'],
  ['a faulty header', 'multipart/mixed;boundary=a', '--a\r\nb c\r\n\r\n--a--', 'Bad MIME: a header is malformed'],
  ['too many headers', 'multipart/mixed;boundary=a', `--a\r\n${'a: b\r\n'.repeat(65)}\r\n--a--`, 'Bad MIME: a part has too many headers'],
]; // biome-ignore format: a table

describe('bodies that are refused', () => {
  for (const [title, type, body, reason] of REFUSED) {
    test(title, () => {
      assert.throws(
        () => readMultipart(readContentType(type), body),
        (error) => error instanceof SipError && error.status === 400 && error.reason === reason,
      );
    });
  }
});

const TYPES: [value: string, type: string | undefined, parameters?: Record<string, string>][] = [
  ['text/plain', 'text/plain', {}],
  ['Text/HTML ; Charset="utf-8" ;x=', 'text/html', { charset: 'utf-8', x: '' }],
  ['a/b;c="\\"d\\\\"', 'a/b', { c: '"d\\' }],
  ['a/b;', 'a/b', {}],
  ['a', undefined],
  ['a/b c', undefined],
  ['a/b;c', undefined],
  ['a/b;c="d', undefined],
  ['', undefined],
];

describe('RFC 2045 §5.1: types', () => {
  for (const [value, type, parameters] of TYPES) {
    test(JSON.stringify(value), () => {
      if (type === undefined) assert.throws(() => readContentType(value), SipError);
      else {
        const found = readContentType(value);
        assert.deepEqual([found.type, Object.fromEntries(found.parameters)], [type, parameters]);
      }
    });
  }
});

test('RFC 2045 §6: transfer encodings', () => {
  const decode = (encoding: string, body: string) =>
    decodeContent({ headers: ['content-transfer-encoding', encoding], body });
  assert.equal(decode('Base64', 'aGVs\r\nbG8='), 'hello');
  assert.equal(decode('quoted-printable', 'caf=C3=A9 =\r\nau  \r\nlait='), 'caf\u00c3\u00a9 au\r\nlait=');
  assert.equal(decode('8bit', '\u00c3\u00a0'), '\u00c3\u00a0');
  assert.throws(
    () => decode('base64', '?'),
    (error) => error instanceof SipError && error.status === 400,
  );
  assert.throws(
    () => decode('gzip', ''),
    (error) => error instanceof SipError && error.status === 415,
  );
});

test('the second byte of a letter is no white space', () => {
  const { parts } = readMultipart(
    readContentType('multipart/mixed;boundary=a'),
    '--a\r\nSubject: \u00c3\u00a0\r\n\r\n\r\n--a--',
  );
  assert.equal(mimeHeader(parts[0]!.headers, 'subject'), '\u00c3\u00a0');
});
