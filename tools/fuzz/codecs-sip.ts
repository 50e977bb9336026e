import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { addressOf, uriOf } from '#sip/wire/address.ts';
import { parseNameAddress, writeNameAddress } from '#sip/wire/header-name-address.ts';
import { splitValues } from '#sip/wire/header-values.ts';
import { parseVia, restOfVia, stampVia } from '#sip/wire/header-via.ts';
import { Malformed } from '#sip/wire/malformed.ts';
import { type SipRequest, SipResponse } from '#sip/wire/message.ts';
import { defaultLimits, parseMessage } from '#sip/wire/message-parser.ts';
import { startLineOf, withoutHeader, withoutTopVia, writeMessage } from '#sip/wire/message-writer.ts';
import { SipError } from '#sip/wire/sip-error.ts';
import { parseUri, writeUri } from '#sip/wire/sip-uri.ts';
import { type StreamEvent, StreamParser } from '#sip/wire/stream-parser.ts';
import { sameUri } from '#sip/wire/uri-equality.ts';
import { validateRequest } from '#sip/wire/validate.ts';
import { readTorture, rfc4475 } from '../../test/vectors/sip/rfc4475.ts';
import { type Codec, law, refusing } from './codec.ts';

const isSipError = (error: unknown) => error instanceof SipError;
const isMalformed = (error: unknown) => error instanceof Malformed;

const TORTURE = rfc4475.map(({ file }) => readTorture(file).toString('latin1'));
const WORDS = [
  '\r\n', '\r\n\r\n', '\r\n ', '\r', '\n', ':', ';', ',', '"', '\\', '<', '>', '@', '%00', '%', '[', ']', '[::1]', ' ', '\t', '\0', ';tag=1',
  'SIP/2.0', 'SIP/2.0/UDP ', 'Via: ', 'v:', 'To: ', 'l: 0', 'Content-Length: 5\r\n', 'Content-Length: -1', ';rport', ';branch=z9hG4bK', ';received=',
  'sip:', 'sips:', 'tel:', '*', '?', '&', '=', ';lr', '2147483648', '99999999999999999999', 'INVITE', 'MESSAGE ', '200 OK', 'ü', '\xa0',
]; // biome-ignore format: a list

const token = fc.stringMatching(/^[A-Za-z0-9.!%*_+`'~-]{1,6}$/);
const quoted = fc.stringMatching(/^"([a-z ,;<>@:]|\\["\\a]){0,6}"$/);
const host = fc.oneof(
  fc.constantFrom(
    'example.com',
    'EXAMPLE.com.',
    '192.0.2.1',
    '[2001:db8::1]',
    '[::ffff:192.0.2.1]',
    'xn--bcher-kva.example',
  ),
  fc.stringMatching(/^[a-z0-9-]{1,8}$/),
);
const port = fc.option(fc.nat(70_000), { nil: undefined }).map((one) => (one === undefined ? '' : `:${one}`));
const params = fc
  .array(
    fc.tuple(
      fc.oneof(token, fc.constantFrom('tag', 'branch', 'rport', 'lr', 'gr')),
      fc.option(fc.oneof(token, quoted)),
    ),
    { maxLength: 3 },
  )
  .map((list) => list.map(([name, value]) => (value === null ? `;${name}` : `;${name}=${value}`)).join(''));
const user = fc.oneof(
  fc.stringMatching(/^[a-z0-9;?/&=+$,.~*'()-]{1,8}$/),
  fc.stringMatching(/^(%[0-9A-F]{2}|[a-z]){1,6}$/),
);
const uri = fc
  .tuple(fc.constantFrom('sip', 'sips', 'SIP', 'im', 'pres', 'tel', 'x'), fc.option(user), host, port, params)
  .map(([scheme, user, host, port, params]) => `${scheme}:${user === null ? '' : `${user}@`}${host}${port}${params}`);
const nameAddress = fc
  .tuple(fc.oneof(quoted, token, fc.constant('')), uri, params)
  .map(([display, uri, params]) => `${display} <${uri}>${params}`);
const via = fc
  .tuple(fc.constantFrom('UDP', 'TCP', 'tls', 'WS', 'x'), host, port, params)
  .map(([transport, host, port, params]) => `SIP/2.0/${transport} ${host}${port}${params}`);
const header = fc.oneof(
  via.map((value) => `Via: ${value}`),
  nameAddress.map((value) => `From: ${value}`),
  nameAddress.map((value) => `To:${value}`),
  nameAddress.map((value) => `m : ${value}`),
  token.map((value) => `Call-ID: ${value}`),
  fc.nat(2 ** 31).map((number) => `CSeq: ${number} MESSAGE`),
  fc.tuple(token, token).map(([name, value]) => `${name}:\r\n ${value}`),
);
const message = fc
  .tuple(
    fc.oneof(
      uri.map((uri) => `MESSAGE ${uri} SIP/2.0`),
      fc.constant('SIP/2.0 200 OK'),
    ),
    fc.array(header, { maxLength: 8 }),
    fc.string({ maxLength: 9 }),
  )
  .map(([start, headers, body]) => {
    const lines = [start, ...headers, `Content-Length: ${Buffer.byteLength(body)}`];
    return `${lines.join('\r\n')}\r\n\r\n${body}`;
  });

/** What is written may have a Content-Length more than what was read. */
const ROOMY = { ...defaultLimits, maxHeaders: 2000, maxHeadBytes: 100_000 };

/** What a message says, without what is not passed on. */
function said(message: SipRequest | SipResponse): unknown[] {
  return [startLineOf(message), withoutHeader(message.headers, 'content-length'), message.body];
}

const sipMessage: Codec = {
  name: 'sip-message',
  seeds: TORTURE,
  words: WORDS,
  grammar: message,
  check(input) {
    const bytes = input.toString('latin1');
    const message = refusing(() => parseMessage(bytes), isMalformed);
    if (message === undefined) return 'malformed';
    const { headers, body } = message;
    for (let i = 0; i < headers.length; i += 2) {
      law(/^[a-z0-9!%'*+._`~-]+$/.test(headers[i]!), `${headers[i]} is no name`);
      law(!/[\r\n]/.test(headers[i + 1]!), 'a value holds a line end');
    }
    const written = writeMessage(startLineOf(message), headers, body);
    law(
      isDeepStrictEqual(said(parseMessage(written, ROOMY)), said(message)),
      'written and read again it says something else',
    );
    const [event, ...more] = new StreamParser(ROOMY).feed(Buffer.from(written, 'latin1'));
    law(event !== undefined && 'message' in event && more.length === 0, 'a stream makes something else of it');
    law(isDeepStrictEqual(said(event.message), said(message)), 'a stream makes another message of it');
    const vias = message.values('via');
    const behind = withoutTopVia(headers);
    const left = new SipResponse(200, '', behind, '').values('via');
    law(
      vias.length < 2 || vias.includes('') || message.header('via') === '' || isDeepStrictEqual(left, vias.slice(1)),
      'RFC 3261 §16.7.3: another Via is gone',
    );
    if (message.kind === 'response') return `response ${vias.length}`;
    const valid = refusing(() => validateRequest(message) ?? true, isSipError);
    return `${message.method.length > 20} ${headers.length} ${vias.length} ${valid}`;
  },
};

function told(events: readonly StreamEvent[]): unknown[] {
  return events.map((event) => {
    if ('keepAlive' in event) return event.keepAlive;
    if ('message' in event) return said(event.message);
    const { status, reason, request } = event.malformed;
    return [status, reason, event.isLast, request && said(request)];
  });
}

function fed(input: Buffer, size: number): StreamEvent[] {
  const parser = new StreamParser({ maxHeadBytes: 1500, maxHeaders: 30, maxBodyBytes: 1000 });
  const events: StreamEvent[] = [];
  for (let at = 0; at < input.length; at += size) events.push(...parser.feed(input.subarray(at, at + size)));
  return events;
}

const sipStream: Codec = {
  name: 'sip-stream',
  seeds: [...TORTURE, '\r\n\r\n', `\r\n${TORTURE[5]}\r\n\r\n${TORTURE[5]}`],
  words: WORDS,
  grammar: fc
    .array(fc.oneof(message, fc.constantFrom('\r\n', '\r\n\r\n')), { maxLength: 4 })
    .map((messages) => messages.join('')),
  check(input) {
    const whole = told(fed(input, input.length + 1));
    law(isDeepStrictEqual(told(fed(input, 1)), whole), 'in bytes it reads otherwise than at once');
    law(isDeepStrictEqual(told(fed(input, 7)), whole), 'in pieces it reads otherwise than at once');
    law(whole.length <= input.length / 2 + 1, `${whole.length} events of ${input.length} bytes`);
    return whole.map((one) => (Array.isArray(one) ? typeof one[0] : one)).join(' ');
  },
};

const sipUri: Codec = {
  name: 'sip-uri',
  seeds: [
    'sip:alice:x@atlanta.com:5060;transport=tcp;lr?subject=a%20b',
    'tel:+1-201-555-0123',
    'sip:a@[::1]:5',
    'sip:%61;x@b;gr=%40',
  ],
  words: WORDS,
  grammar: uri,
  check(input) {
    const text = input.toString('latin1');
    const uri = refusing(() => parseUri(text), isSipError);
    if (uri === undefined) return 'refused';
    const again = parseUri(writeUri(uri));
    law(isDeepStrictEqual(again, uri), `${writeUri(uri)} is another URI`);
    law(sameUri(uri, again) && sameUri(again, uri), 'RFC 3261 §19.1.4: it does not equal itself');
    const address = refusing(() => addressOf(uri), isSipError);
    if (address === undefined) return `${uri.scheme} nobody`;
    law(addressOf(parseUri(uriOf(address))) === address, `${address} is ${uriOf(address)}, which is somebody else`);
    return `${uri.scheme} ${uri.port !== undefined} ${uri.params.flat.length} ${uri.headers !== ''} ${/\\/.test(address)}`;
  },
};

const sipNameAddress: Codec = {
  name: 'sip-name-address',
  seeds: ['"A. \\"G\\"" <sip:a@b;x=y>;tag=1', 'sip:a@b;tag=1', 'A B <sip:a@b>;q=0.5;+x="<urn:y>"'],
  words: WORDS,
  grammar: fc.array(nameAddress, { minLength: 1, maxLength: 3 }).map((list) => list.join(', ')),
  check(input) {
    const kinds = splitValues(input.toString('latin1')).map((value) => {
      const read = refusing(() => parseNameAddress(value), isSipError);
      if (read === undefined) return 'refused';
      const { display, uri, params } = read;
      const written = writeNameAddress(display.replace(/[\r\n]+/g, ' '), uri, params.toString());
      const again = parseNameAddress(written);
      law(again.display === display.replace(/[\r\n]+/g, ' '), 'the display name is another');
      law(again.uri === uri && again.tag === read.tag, 'the URI or the tag is another');
      law(isDeepStrictEqual(again.params.flat, params.flat), 'the parameters are others');
      law(splitValues(written).length === 1, 'it is several');
      return `${display === ''} ${params.flat.length}`;
    });
    return [...new Set(kinds)].join();
  },
};

const sipVia: Codec = {
  name: 'sip-via',
  seeds: ['SIP/2.0/UDP h:5060;branch=z9hG4bK1;rport', 'SIP / 2.0 / TCP [::1];received=[::2], SIP/2.0/UDP i'],
  words: WORDS,
  grammar: fc.array(via, { minLength: 1, maxLength: 3 }).map((list) => list.join(',')),
  check(input) {
    const line = input.toString('latin1');
    const read = refusing(() => parseVia(line), isSipError);
    if (read === undefined) return 'refused';
    const stamped = parseVia(stampVia(line, '2001:db8::7', 7));
    law(stamped.received === '2001:db8::7' && stamped.rport === 7, 'RFC 3581 §4: the stamp is not read back');
    law(
      stamped.branch === read.branch && stamped.host === read.host && stamped.port === read.port,
      'it is another hop',
    );
    const rest = restOfVia(line);
    law(rest === '' || isDeepStrictEqual(splitValues(rest), splitValues(line).slice(1)), 'the rest is not the rest');
    return `${read.branch === ''} ${read.rport} ${rest === ''} ${read.params.flat.length}`;
  },
};

export const sipCodecs: readonly Codec[] = [sipMessage, sipStream, sipUri, sipNameAddress, sipVia];
