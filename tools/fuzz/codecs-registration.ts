import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { type DigestParams, parseDigestParams } from '#sip/authentication/auth-params.ts';
import { readCredentials } from '#sip/authentication/digest.ts';
import type { Registration } from '#sip/bindings.ts';
import { readContacts } from '#sip/features/rfc-3261-registrar/contacts.ts';
import { register } from '#sip/features/rfc-3261-registrar/register.ts';
import { SipRequest } from '#sip/wire/message.ts';
import { SipError } from '#sip/wire/sip-error.ts';
import { quote } from '#sip/wire/text.ts';
import { type Codec, law, refusing } from './codec.ts';

const is400 = (error: unknown) => error instanceof SipError && error.status === 400;
const MD5 = '0123456789abcdef0123456789abcdef';

const value = fc.oneof(
  fc.stringMatching(/^[a-z0-9=/+.-]{1,8}$/),
  fc.string({ maxLength: 8 }).map((text) => quote(text)),
);
const param = fc
  .tuple(
    fc.constantFrom(
      'username',
      'username*',
      'realm',
      'nonce',
      'uri',
      'qop',
      'nc',
      'cnonce',
      'algorithm',
      'opaque',
      'x',
    ),
    fc.oneof(value, fc.constantFrom('auth', '"auth-int"', '00000001', 'MD5', 'SHA-256', "UTF-8''%C3%A4")),
  )
  .map(([name, value]) => `${name}=${value}`);

const credentials: Codec = {
  name: 'sip-credentials',
  seeds: [
    `Digest username="bob", realm="example.test", nonce="n,=\\"x", uri="sip:example.test", qop=auth, nc=0000000A, cnonce="c", response="${MD5}", algorithm=MD5`,
    `Digest username="bob",realm="r",nonce="n",uri="sip:x",response="${MD5}", nc="1"`,
    `Digest username*=UTF-8''J%C3%A4s, realm="r", nonce="n", uri="sip:x", response="${MD5}${MD5}", algorithm=SHA-256`,
    'Basic dXNlcjpwYXNz',
  ],
  words: [
    '"',
    '\\',
    ',',
    '=',
    ' ',
    '\t',
    'qop=auth',
    ', nc=00000001',
    'Digest ',
    'userhash=true',
    'response=',
    '\0',
    'ü',
  ],
  grammar: fc
    .tuple(fc.array(param, { maxLength: 8 }), fc.boolean())
    .map(([params, answers]) => `Digest ${params.join(', ')}${answers ? `, response="${MD5}"` : ''}`),
  check(input) {
    const params = parseDigestParams(input.toString('latin1'));
    if (params === undefined) return 'none';
    const known = Object.entries(params).filter((entry): entry is [string, string] => entry[1] !== undefined);
    const written = known.filter(([, text]) => !/[\r\n]/.test(text)).map(([name, text]) => `${name}=${quote(text)}`);
    const again: DigestParams | undefined = parseDigestParams(`Digest ${written.join(', ')}`);
    if (written.length === known.length) law(isDeepStrictEqual(again, params), 'written and read again it differs');
    const read = refusing(() => readCredentials(params) ?? 'another kind', is400);
    return `${known.length} ${typeof read} ${typeof read === 'object' ? read.qop : read}`;
  },
};

const NOW = 1_700_000_000_000;
const LIMITS = { minSeconds: 60, maxSeconds: 7200, defaultSeconds: 3600, maxBindings: 5 };

const contact = fc
  .tuple(
    fc.constantFrom(
      'sip:a@192.0.2.1',
      'sip:%61@192.0.2.1',
      'sips:b@example.com;ob',
      'sip:c@example.com;x=1',
      'mailto:x',
    ),
    fc.array(
      fc.constantFrom(
        ';expires=0',
        ';expires=61',
        ';q=0.5',
        ';+sip.instance="<urn:a:b>"',
        ';reg-id=1',
        ';reg-id=2',
        ';audio',
      ),
      { maxLength: 3 },
    ),
  )
  .map(([uri, params]) => `<${uri}>${params.join('')}`);

const contacts: Codec = {
  name: 'sip-contacts',
  seeds: [
    '<sip:a@192.0.2.1>;q=0.7;expires=3600, "B, b" <sip:b@192.0.2.2;transport=tcp>',
    '<sip:a@192.0.2.1;ob>;+sip.instance="<urn:uuid:00000000-0000-1000-8000-000A95A0E128>";reg-id=1;methods="INVITE,MESSAGE"',
    '*',
  ],
  words: [
    '*',
    ',',
    ';',
    '<',
    '>',
    '"',
    ';q=',
    ';expires=',
    '99999999999',
    ';reg-id=',
    ';+sip.instance="<>"',
    'sip:',
    '\0',
    ';gr',
    'ü',
  ],
  grammar: fc.array(contact, { minLength: 1, maxLength: 4 }).map((all) => all.join(', ')),
  check(input) {
    const read = (line: string) => readContacts(new SipRequest('REGISTER', 'sip:x', ['contact', line], ''));
    const isRefusal = (error: unknown) => error instanceof SipError && [400, 403, 423].includes(error.status);
    const asked = refusing(() => read(input.toString('latin1')), isRefusal);
    if (asked === undefined) return 'refused';
    const rest = { expires: 0, callId: 'a', path: '', userAgent: '', allow: '', isOutbound: true };
    const apply = (current: readonly Registration[], cseq: number) =>
      refusing(() => register(current, { contacts: asked, cseq, ...rest }, NOW, LIMITS), isRefusal);
    const first = apply([], 1);
    if (first === undefined) return 'not taken';
    law(first.put.length <= LIMITS.maxBindings, 'more than allowed');
    for (const { params, uri, device, expiresAt } of first.put) {
      law(!/[\r\n\0]/.test(uri + params), 'what is given back would be more than a header');
      law(device !== '' && expiresAt > NOW, 'it has no device, or no time');
      const again = read(`<${uri}>${params};expires=60`);
      law(again !== '*' && again[0]?.params === params && again[0].uri === uri, 'given back, it is another contact');
    }
    const second = apply(first.put, 2);
    law(second !== undefined, 'what was taken is not taken again');
    law(
      second.put.every(({ id }) => first.put.some((one) => one.id === id)),
      'the same contact has another key',
    );
    return `${asked.length} ${first.put.length} ${first.removed.length} ${second.removed.length}`;
  },
};

/** What clients say of themselves to a registrar. */
export const registrationCodecs: readonly Codec[] = [credentials, contacts];
