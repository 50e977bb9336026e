import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { test } from 'node:test';
import { type DigestAlgorithm, deriveDigestKeys, digestAlgorithms } from '#keys/digest-keys.ts';
import { writeText } from '../wire/byte-string.ts';
import { parseDigestParams } from './auth-params.ts';
import { type DigestCredentials, digestResponse, hashOf, isSame, readCredentials } from './digest.ts';

/** RFC 2617 §3.5. */
const MUFASA = {
  username: 'Mufasa',
  realm: 'testrealm@host.com',
  nonce: 'dcd98b7102dd2f0e8b11d0f600bfb0c093',
  uri: '/dir/index.html',
  response: '',
  algorithm: 'MD5',
  qop: 'auth',
  nc: '00000001',
  cnonce: '0a4f113b',
} as const satisfies DigestCredentials;

/** RFC 7616 §3.9.1. */
const CIRCLE = {
  ...MUFASA,
  realm: 'http-auth@example.org',
  nonce: '7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v',
  cnonce: 'f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ',
} as const;

/** RFC 7616 §3.9.2. */
const JASON = {
  ...MUFASA,
  algorithm: 'SHA-512-256',
  realm: 'api@example.org',
  nonce: '5TsQWLVdgBdmrQ0XsxbDODV+57QdFR34I9HAbC/RVvkK',
  uri: '/doe.json',
  cnonce: 'NTg6RKcb9boFIAS3KrFK9BGeh+iDa/sm6jUMp2wds69v',
} as const;

const keyOf = (algorithm: DigestAlgorithm, name: string, realm: string, password: string) =>
  hashOf(algorithm, writeText(`${name}:${realm}:${password}`));

test('RFC 2617 §3.5, RFC 2069 §2.4, RFC 7616 §3.9: the responses of the examples', () => {
  const examples: [string, DigestCredentials, string, string][] = [
    ['RFC 2617 §3.5', MUFASA, 'Circle Of Life', '6629fae49393a05397450978507c4ef1'],
    // RFC 2069 §2.4 as its erratum 749 has it.
    ['RFC 2069 §2.4', { ...MUFASA, qop: undefined }, 'CircleOfLife', '1949323746fe6a43ef61f9606e7febea'],
    ['RFC 7616 §3.9.1', CIRCLE, 'Circle of Life', '8ca523f5e9506fed4657c9700eebdbec'],
    [
      'RFC 7616 §3.9.1',
      { ...CIRCLE, algorithm: 'SHA-256' },
      'Circle of Life',
      '753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1',
    ],
    // As erratum 4897 corrects it: what is printed was made with SHA-512 cut short, which is another function.
    [
      'RFC 7616 §3.9.2',
      { ...JASON, username: 'J\u00e4s\u00f8n Doe' },
      'Secret, or not?',
      '3798d4131c277846293534c3edc11bd8a5e4cdcbff78b05db9d95eeb1cec68a5',
    ],
  ];
  for (const [source, credentials, password, expected] of examples) {
    const key = keyOf(credentials.algorithm, credentials.username, credentials.realm, password);
    assert.equal(digestResponse(credentials, key, 'GET', ''), expected, `${source} ${credentials.algorithm}`);
  }
});

test('RFC 7616 §3.4.3: with auth-int the body is protected, byte for byte', () => {
  const key = keyOf('MD5', 'Mufasa', MUFASA.realm, 'Circle Of Life');
  const credentials = { ...MUFASA, qop: 'auth-int' as const };
  const bytes = 'v=0\r\n\xe4\xff\x00';
  const ha2 = hash('md5', `MESSAGE:${MUFASA.uri}:${hash('md5', Buffer.from(bytes, 'latin1'))}`);
  const expected = hash('md5', `${key}:${MUFASA.nonce}:00000001:${MUFASA.cnonce}:auth-int:${ha2}`);
  assert.equal(digestResponse(credentials, key, 'MESSAGE', bytes), expected);
  assert.notEqual(digestResponse(credentials, key, 'MESSAGE', `${bytes}!`), expected);
});

test('RFC 7616 §3.4.2: what an account keeps is H(A1) for both of its names, in the realm of its domain', () => {
  const keys = deriveDigestKeys('j\u00fcrgen@example.test', 'p\u00e4ssword');
  for (const algorithm of digestAlgorithms) {
    assert.deepEqual(keys[algorithm], {
      local: keyOf(algorithm, 'j\u00fcrgen', 'example.test', 'p\u00e4ssword'),
      address: keyOf(algorithm, 'j\u00fcrgen@example.test', 'example.test', 'p\u00e4ssword'),
    });
  }
});

const HEADER =
  'Digest username="bob", realm="example.test", nonce="n,=\\"x", uri="sip:example.test", qop=auth, nc=0000000A, ' +
  'cnonce="c", response="0123456789abcdef0123456789abcdef", algorithm=md5, opaque=""';

const read = (header: string) => {
  const params = parseDigestParams(header);
  return params && readCredentials(params);
};

test('RFC 3261 §25.1: credentials are read whatever their spaces, quotes and order', () => {
  const expected = {
    username: 'bob',
    realm: 'example.test',
    nonce: 'n,="x',
    uri: 'sip:example.test',
    response: '0123456789abcdef0123456789abcdef',
    algorithm: 'MD5',
    qop: 'auth',
    nc: '0000000A',
    cnonce: 'c',
  };
  const variants = [
    HEADER,
    HEADER.replace(/, /g, ','),
    HEADER.replace(/=/g, ' = ').replaceAll('n, = ', 'n,='),
    HEADER.replace('Digest ', 'DIGEST \t').replaceAll(', ', ' ,\t'),
    HEADER.replace('qop=auth', 'QOP="auth"').replace('nc=0000000A', 'nc="0000000A"'),
    HEADER.replace('algorithm=md5', 'algorithm="MD5"'),
    HEADER.replace(', algorithm=md5', ''),
    `${HEADER}, `,
  ];
  for (const variant of variants) assert.deepEqual(read(variant), expected, variant);
});

test('COMPAT(libpurple): a nonce count without qop means that there is none', () => {
  const header = HEADER.replace('qop=auth, ', '').replace('cnonce="c", ', '');
  assert.deepEqual((({ qop, nc, cnonce }) => ({ qop, nc, cnonce }))(read(header)!), {
    qop: undefined,
    nc: '',
    cnonce: '',
  });
});

test('RFC 7616 §3.4: a name that is not ASCII may come as RFC 5987 writes it', () => {
  assert.equal(read(HEADER.replace('username="bob"', "username*=UTF-8''J%C3%A4s"))?.username, 'J\xc3\xa4s');
});

test('other schemes and algorithms, and what is no list of parameters, are as no credentials', () => {
  for (const header of [
    'NoOneKnowsThisScheme opaque-data=here',
    'Basic dXNlcjpwYXNz',
    'Digest',
    'Digest username="bob',
    `${HEADER}, realm="twice"`,
    `${HEADER} stray="x"`,
    `${HEADER}, stray`,
    HEADER.replace('algorithm=md5', 'algorithm=AKAv1-MD5'),
    HEADER.replace('algorithm=md5', 'algorithm=MD5-sess'),
    `${HEADER}, userhash=true`,
  ]) {
    assert.equal(read(header), undefined, header);
  }
});

test('RFC 7616 §3.4: credentials that lack something, or say it wrongly, are answered with 400', () => {
  const faults: [from: string | RegExp, to: string, reason: string][] = [
    ['username="bob", ', '', 'Credentials without username'],
    ['uri="sip:example.test", ', '', 'Credentials without uri'],
    [/response="[^"]*", /, '', 'Credentials without response'],
    ['0123456789abcdef0', '', 'Bad response in credentials'],
    ['0123456789abcdef0', 'XX23456789abcdef0', 'Bad response in credentials'],
    ['nc=0000000A, ', '', 'Credentials without nc'],
    ['nc=0000000A', 'nc=A', 'Bad nc in credentials'],
    ['cnonce="c", ', '', 'Credentials without cnonce'],
    ['qop=auth', 'qop=authority', 'Bad qop in credentials'],
    ['username="bob"', 'username*=bob', 'Bad username* in credentials'],
  ];
  for (const [from, to, reason] of faults) {
    assert.throws(() => read(HEADER.replace(from, to)), { status: 400, reason }, reason);
  }
});

test('two texts are the same when every character is', () => {
  assert.equal(isSame('abc', 'abc'), true);
  for (const other of ['abd', 'ab', 'abcd', 'Abc', '']) assert.equal(isSame('abc', other), false);
});
