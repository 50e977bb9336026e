import fc from 'fast-check';
import { prepareAddress } from '#accounts/address.ts';
import { decodeBase64 } from '#base/base64.ts';
import { Failure } from '#base/failure.ts';
import { parseSettings } from '#base/settings-file.ts';
import { nextId, parseArchiveId, takenAt } from '#messaging/archive-id.ts';
import { prepareDomain } from '#precis/domain.ts';
import { prepareLocal } from '#precis/localpart.ts';
import { enforceNickname, nicknameForComparison } from '#precis/nickname.ts';
import { enforceOpaqueString } from '#precis/opaque-string.ts';
import { enforceUsernameCaseMapped, enforceUsernameCasePreserved } from '#precis/username.ts';
import { readDateTime, writeDateTime } from '#xml/date-time.ts';
import { Jid } from '#xmpp/wire/jid.ts';
import { type Codec, law, refusing } from './codec.ts';

const isMalformed = (error: unknown) => error instanceof Failure && error.kind === 'malformed';

const SCRIPTS = [
  '@', '/', '.', '\u3002', ' ', '\u00a0', '\u00ad', '\u200d', '\u094d', '\u0660', '\u06f0', '\u05d0', '\u0627', 'ß', 'ς', 'İ', '\u212a',
  '\ufb01', '\uff21', '\u1100\u1161', 'e\u0301', '\u0345', 'xn--', 'xn--nxasmq6b', '[::1]', '127.0.0.1', '\ud800', '\u{1F600}', '\u{e0001}', '-', '__proto__',
]; // biome-ignore format: a list

const anyText = fc.string({ unit: 'binary', maxLength: 20 });
const label = fc.stringMatching(/^[a-z0-9]([a-z0-9-]{0,6}[a-z0-9])?$/);
const domain = fc.array(label, { minLength: 1, maxLength: 3 }).map((labels) => labels.join('.'));
const part = fc.oneof(fc.stringMatching(/^[a-zA-Z0-9äöß._-]{1,8}$/), fc.string({ unit: 'grapheme', maxLength: 6 }));
const address = fc
  .tuple(fc.option(part), domain, fc.option(part))
  .map(
    ([local, domain, resource]) =>
      `${local === null ? '' : `${local}@`}${domain}${resource === null ? '' : `/${resource}`}`,
  );

const jid: Codec = {
  name: 'jid',
  seeds: [
    'juliet@example.com/balcony',
    'example.com',
    "d'artagnan@example.com",
    'a@bücher.example/ß',
    '@/',
    'a@b/c@d/e',
  ],
  words: SCRIPTS,
  grammar: address,
  check(input) {
    const text = input.toString('utf8');
    const jid = refusing(() => Jid.parse(text), isMalformed);
    if (jid === undefined) return 'malformed';
    const { local, domain, resource, bare, full } = jid;
    law(Jid.parse(full).full === full, `${full} prepared again is ${Jid.parse(full).full}`);
    law(Jid.of(local, domain, resource).full === full, 'its parts make another address');
    law(
      full === bare + (resource === '' ? '' : `/${resource}`),
      'the full address is not the bare one and the resource',
    );
    law(bare === (local === '' ? domain : `${local}@${domain}`), 'the bare address is not its parts');
    for (const part of [local, domain, resource]) law(Buffer.byteLength(part) <= 1023, 'RFC 7622 §3: 1023 octets');
    law(domain !== '', 'RFC 7622 §3.2: there is a domainpart');
    law(!local.includes('@') && !local.includes('/'), 'RFC 7622 §3.3.1');
    law(jid.toBare().full === bare && jid.toBare().isBare, 'the bare address is none');
    return `${local === ''} ${resource === ''} ${[...new Set(full.match(/[^\x20-\x7e]/gu) ?? [])].length} ${full === text}`;
  },
};

const PROFILES: Record<string, (text: string) => string> = {
  localpart: prepareLocal,
  domain: prepareDomain,
  opaque: enforceOpaqueString,
  mapped: enforceUsernameCaseMapped,
  preserved: enforceUsernameCasePreserved,
  nickname: enforceNickname,
  comparison: nicknameForComparison,
  account: prepareAddress,
};

const precis: Codec = {
  name: 'precis',
  seeds: ['Juliet', 'ﬁnal', 'Ａ', 'e\u0301', 'σς', '\u05d0\u05d1', '  a  b ', 'l·l', '٠١', 'शक्‍ति'],
  words: SCRIPTS,
  grammar: fc.oneof(part, anyText, domain),
  check(input) {
    const text = input.toString('utf8');
    const taken: string[] = [];
    for (const [name, prepare] of Object.entries(PROFILES)) {
      const once = refusing(() => prepare(text), isMalformed);
      if (once === undefined) continue;
      taken.push(name);
      law(
        prepare(once) === once,
        `RFC 8264 §7: ${name} of ${JSON.stringify(once)} is ${JSON.stringify(prepare(once))}`,
      );
      law(once.normalize('NFC') === once || name === 'comparison' || name === 'nickname', `${name} is not in form C`);
      law(once !== '', `${name} is empty`);
    }
    return `${taken} ${[...new Set(text)].length}`;
  },
};

const KEYS = [
  'server.domains',
  'log.level',
  'xmpp.limits.maxStanzaBytes',
  'xmpp.xep-0199.enabled',
  'messaging.archive',
];

const settings: Codec = {
  name: 'settings',
  seeds: [
    'log:\n  level: debug\nxmpp:\n  limits: { maxStanzaBytes: 20000 }\n',
    'server:\n  domains: [a.example, &x b.example, *x]\n',
    'a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\nserver: { domains: *c }\n',
  ],
  words: [
    'log:',
    'level:',
    '\n',
    '  ',
    '- ',
    '&a ',
    '*a',
    '<<: ',
    '!!binary ',
    '!!js/function ',
    '? ',
    '|',
    '>',
    '{',
    '}',
    '[',
    ']',
    '---\n',
    '...',
    '%YAML 1.1\n',
    '"',
    "'",
    '\t',
    '#',
    'null',
    '0x1F',
    '1e999',
    '.inf',
    '__proto__:',
    'constructor:',
  ],
  grammar: fc
    .dictionary(fc.constantFrom(...KEYS, 'xmpp', 'log', 'xmpp.limit', '__proto__'), fc.jsonValue({ maxDepth: 2 }), {
      maxKeys: 4,
    })
    .map((values) => JSON.stringify(values)),
  check(input) {
    const { values, problems } = parseSettings(input.toString('utf8'), 'settings.yaml', KEYS);
    for (const key of values.keys()) law(KEYS.includes(key), `${key} is no key`);
    for (const problem of problems) law(/^settings\.yaml[: ]/.test(problem), `a problem without its place: ${problem}`);
    law(({} as Record<string, unknown>).polluted === undefined, 'the prototype of all objects was changed');
    return `${values.size} ${problems.map((problem) => problem.replace(/[\d"'`].*/, '').slice(0, 40)).slice(0, 3)}`;
  },
};

const archiveId: Codec = {
  name: 'archive-id',
  seeds: ['1', '3617000000000000', '9007199254740991', '9007199254740992', '-1', '0', '1e3', ' 1', ''],
  words: ['0', '9', '.', 'e', '-', '+', ' ', '\u0661'],
  grammar: fc.oneof(fc.nat().map(String), fc.maxSafeNat().map(String)),
  check(input) {
    const text = input.toString('utf8');
    const id = parseArchiveId(text);
    if (id === undefined) return 'none';
    law(String(id) === text, `${text} is read as ${id}`);
    law(nextId(id, takenAt(id)) > id, 'the next id is not later');
    return `${text.length}`;
  },
};

const dateTime: Codec = {
  name: 'date-time',
  seeds: [
    '2002-09-10T23:08:25Z',
    '1969-07-21T02:56:15.123456789+05:30',
    '2000-02-29T24:00:00Z',
    '9999-12-31T23:59:60Z',
  ],
  words: ['-', ':', 'T', 'Z', '+', '.', '0000', '99', '29', '31', '24'],
  grammar: fc
    .date({ min: new Date(0), max: new Date(253402300799999), noInvalidDate: true })
    .map((date) => date.toISOString()),
  check(input) {
    const text = input.toString('utf8');
    const at = refusing(() => readDateTime(text), isMalformed);
    if (at === undefined) return 'malformed';
    law(Number.isSafeInteger(at), `${text} is ${at}`);
    // A zone may carry the year 9999 over its end, where XEP-0082 has no words.
    if (at >= Date.UTC(0) && at < 253402300800000)
      law(readDateTime(writeDateTime(at)) === at, `${text} does not come back`);
    return text.replace(/\d/g, '0');
  },
};

const base64: Codec = {
  name: 'base64',
  seeds: ['', 'AA==', 'AAA=', 'AAAA', '=', 'AB==', 'A-_='],
  words: ['=', '==', '-', '_', ' ', '\n', '+', '/'],
  grammar: fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes).toString('base64')),
  check(input) {
    const text = input.toString('latin1');
    const bytes = decodeBase64(text);
    if (bytes === undefined) return `none ${text.length % 4}`;
    law(bytes.toString('base64') === text, 'it is written otherwise than it was read');
    law(/^[A-Za-z0-9+/]*={0,2}$/.test(text) && text.length % 4 === 0, 'RFC 4648 §3: another alphabet was taken');
    return `some ${bytes.length % 3}`;
  },
};

export const textCodecs: readonly Codec[] = [jid, precis, settings, archiveId, dateTime, base64];
