import { BACKSLASH, COMMA, QUOTE, skipQuoted, skipSpaces, trimSpaces, unquote } from '../wire/text.ts';

/** The parameters of Digest credentials that mean something to us, without quotes; undefined where they are not there. */
export interface DigestParams {
  username: string | undefined;
  'username*': string | undefined;
  realm: string | undefined;
  nonce: string | undefined;
  uri: string | undefined;
  response: string | undefined;
  algorithm: string | undefined;
  cnonce: string | undefined;
  qop: string | undefined;
  nc: string | undefined;
  userhash: string | undefined;
}

const SCHEME = 'Digest ';

/** Their names, by length, so that none needs to be cut out of the line to be known. */
const NAMES: readonly (readonly (keyof DigestParams)[])[] = [
  [],
  [],
  ['nc'],
  ['uri', 'qop'],
  [],
  ['realm', 'nonce'],
  ['cnonce'],
  [],
  ['username', 'response', 'userhash'],
  ['algorithm', 'username*'],
];

/**
 * Reads an Authorization header of the scheme Digest (RFC 3261 §25.1 `credentials`). It is read for each request, so it is
 * gone through once and nothing is kept but what counts.
 * @returns undefined for another scheme, and for what is no list of parameters, or has one of them twice
 */
export function parseDigestParams(line: string): DigestParams | undefined {
  if (!isDigest(line)) return undefined;
  const params: DigestParams = {
    username: undefined,
    'username*': undefined,
    realm: undefined,
    nonce: undefined,
    uri: undefined,
    response: undefined,
    algorithm: undefined,
    cnonce: undefined,
    qop: undefined,
    nc: undefined,
    userhash: undefined,
  };
  for (let at = skipSpaces(line, SCHEME.length); at < line.length; ) {
    const equals = line.indexOf('=', at);
    if (equals <= at) return undefined;
    const valueAt = skipSpaces(line, equals + 1);
    const isQuoted = line.charCodeAt(valueAt) === QUOTE;
    const end = isQuoted ? endOfQuoted(line, valueAt) : endOfToken(line, valueAt);
    if (end < 0) return undefined;
    const name = nameAt(line, at, equals);
    if (name !== undefined) {
      if (params[name] !== undefined) return undefined;
      params[name] = isQuoted ? unquote(line.slice(valueAt, end)) : trimSpaces(line.slice(valueAt, end));
    }
    at = skipSpaces(line, end);
    if (at < line.length && line.charCodeAt(at) !== COMMA) return undefined;
    at = skipSpaces(line, at + 1);
  }
  return params;
}

function isDigest(line: string): boolean {
  return line.startsWith(SCHEME) || /^digest[ \t]/i.test(line);
}

/** Which of the parameters it is; undefined for another one. */
function nameAt(line: string, at: number, end: number): keyof DigestParams | undefined {
  const name = known(line, at, end - at);
  if (name !== undefined) return name;
  const plain = trimSpaces(line.slice(at, end)).toLowerCase();
  return known(plain, 0, plain.length);
}

function known(text: string, at: number, length: number): keyof DigestParams | undefined {
  const names = NAMES[length];
  if (names === undefined) return undefined;
  for (let i = 0; i < names.length; i++) if (text.startsWith(names[i]!, at)) return names[i];
  return undefined;
}

function endOfQuoted(line: string, at: number): number {
  const quote = line.indexOf('"', at + 1);
  // A backslash before it may be what makes it none.
  return quote > 0 && line.charCodeAt(quote - 1) !== BACKSLASH ? quote + 1 : skipQuoted(line, at);
}

function endOfToken(line: string, at: number): number {
  const comma = line.indexOf(',', at);
  return comma < 0 ? line.length : comma;
}
