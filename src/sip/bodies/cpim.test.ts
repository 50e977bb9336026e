import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { SipError } from '../wire/sip-error.ts';
import {
  CPIM_HEADERS,
  type CpimHeader,
  cpimContentType,
  cpimHeader,
  cpimHeaders,
  readCpim,
  readCpimAddress,
  unknownRequired,
  writeCpim,
  writeCpimAddress,
} from './cpim.ts';
import { decodeContent } from './mime.ts';

const bytes = (text: string) => Buffer.from(text, 'utf8').toString('latin1');
const lines = (...all: string[]) => bytes(all.join('\r\n'));

/** RFC 3862 §5.1, with its extensions. */
const EXAMPLE = lines(
  'From: MR SANDERS <im:piglet@100akerwood.com>',
  'To: Depressed Donkey <im:eeyore@100akerwood.com>',
  'DateTime: 2000-12-13T13:40:00-08:00',
  'Subject: the weather will be fine today',
  "Subject:;lang=fr beau temps prévu pour aujourd'hui",
  'NS: MyFeatures <mid:MessageFeatures@id.foo.com>',
  'Require: MyFeatures.VitalMessageOption',
  'MyFeatures.VitalMessageOption: Confirmation-requested',
  'MyFeatures.WackyMessageOption: Use-silly-font',
  '',
  'Content-type: text/xml; charset=utf-8',
  'Content-ID: <1234567890@foo.com>',
  '',
  '<body>',
  '',
  'Here is the text of my message: é',
  '</body>',
);

test('RFC 3862 §5.1: the example', () => {
  const cpim = readCpim(EXAMPLE);
  assert.equal(cpimHeader(cpim, 'From'), 'MR SANDERS <im:piglet@100akerwood.com>');
  assert.deepEqual(cpim.headers[4], {
    ns: CPIM_HEADERS,
    name: 'Subject',
    language: 'fr',
    value: "beau temps prévu pour aujourd'hui",
  });
  assert.equal(cpimHeaders(cpim, 'Subject').length, 2);
  assert.equal(cpimHeader(cpim, 'WackyMessageOption', 'mid:MessageFeatures@id.foo.com'), 'Use-silly-font');
  assert.equal(cpimContentType(cpim), 'text/xml; charset=utf-8');
  assert.equal(decodeContent(cpim.content), bytes('<body>\r\n\r\nHere is the text of my message: é\r\n</body>'));
});

test('RFC 3862 §3.6: what is required and unknown is named', () => {
  const cpim = readCpim(EXAMPLE);
  assert.deepEqual(unknownRequired(cpim, new Set()), ['MyFeatures.VitalMessageOption']);
  assert.deepEqual(unknownRequired(cpim, new Set(['{mid:MessageFeatures@id.foo.com}VitalMessageOption'])), []);
});

test('RFC 3862 §3.5: a namespace without prefix is that of the headers after it', () => {
  const cpim = readCpim(lines('From: <im:a@b>', 'NS: <urn:x>', 'Hello: you', '', '', 'text'));
  assert.equal(cpimHeader(cpim, 'Hello', 'urn:x'), 'you');
  assert.equal(cpim.content.body, 'text');
});

test('what is written is read back the same', () => {
  const headers: CpimHeader[] = [
    { ns: CPIM_HEADERS, name: 'From', language: '', value: writeCpimAddress({ name: 'Anna "é" \\ x', uri: 'im:a@b' }) },
    { ns: CPIM_HEADERS, name: 'Subject', language: 'de', value: 'a\\b\r\nTo: \u0000\u001f' },
    { ns: 'urn:x', name: 'Thing', language: '', value: 'y' },
  ];
  const written = writeCpim(headers, { type: 'text/plain', headers: ['content-id', '<1@b>'], body: 'hi\r\n\r\nyou' });
  const cpim = readCpim(written);
  assert.deepEqual(
    cpim.headers.filter(({ name }) => name !== 'NS'),
    headers,
  );
  assert.deepEqual(cpim.content, {
    headers: ['content-type', 'text/plain', 'content-id', '<1@b>'],
    body: 'hi\r\n\r\nyou',
  });
  assert.deepEqual(readCpimAddress(cpimHeader(cpim, 'From')!), { name: 'Anna "é" \\ x', uri: 'im:a@b' });
});

const ADDRESSES: [written: string, name: string | undefined, uri?: string][] = [
  ['<im:a@b>', '', 'im:a@b'],
  ['Depressed Donkey <im:e@b>', 'Depressed Donkey', 'im:e@b'],
  ['"Q, \\"R\\" <S>" <sip:q@b>', 'Q, "R" <S>', 'sip:q@b'],
  ['sip:a@b', '', 'sip:a@b'],
  ['Anna', undefined],
  ['"open <im:a@b>', undefined],
  ['<im:a b>', undefined],
  ['<im:a@b> x', undefined],
  ['', undefined],
];

describe('RFC 3862 §4.1: addresses', () => {
  for (const [written, name, uri] of ADDRESSES) {
    test(JSON.stringify(written), () => {
      if (name === undefined) assert.throws(() => readCpimAddress(written), SipError);
      else assert.deepEqual(readCpimAddress(written), { name, uri });
    });
  }
});

const REFUSED: [title: string, body: string, reason: string][] = [
  ['no end of the headers', 'From: <im:a@b>', 'Bad CPIM: its headers do not end'],
  ['a line without colon', lines('hello', '', '', ''), 'Bad CPIM: a header is malformed'],
  ['a namespace without URI', lines('NS: x', '', '', ''), 'Bad CPIM: NS is malformed'],
  ['too many headers', `${'a: b\r\n'.repeat(129)}\r\n`, 'Bad CPIM: it has too many headers'],
  ['a content with faulty headers', lines('From: <im:a@b>', '', 'no colon', '', 'x'), 'Bad MIME: a header is malformed'],
]; // biome-ignore format: a table

describe('envelopes that are refused', () => {
  for (const [title, body, reason] of REFUSED) {
    test(title, () => {
      assert.throws(
        () => readCpim(body),
        (error) => error instanceof SipError && error.status === 400 && error.reason === reason,
      );
    });
  }
});

test('a long line of spaces costs no time', () => {
  const before = performance.now();
  const long = ' '.repeat(60_000);
  assert.throws(() => readCpimAddress(`a${long}b`));
  readCpim(`From:${long}x\r\n\r\n\r\n`);
  decodeContent({ headers: ['content-transfer-encoding', 'quoted-printable'], body: long });
  assert.ok(performance.now() - before < 500);
});
