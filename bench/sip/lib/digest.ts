/** A client's half of digest authentication (RFC 3261 §22, RFC 8760). */
import { hash, randomBytes } from 'node:crypto';
import type { Message } from './message.ts';

export interface Challenge {
  /** The header that the answer goes into. */
  answer: 'Authorization' | 'Proxy-Authorization';
  realm: string;
  nonce: string;
  opaque: string | undefined;
  algorithm: 'MD5' | 'SHA-256';
  qop: boolean;
  /** How often the nonce was used. */
  count: number;
}

const HASHES = { MD5: 'md5', 'SHA-256': 'sha256' } as const;

/**
 * The challenge to answer. MD5 where it is offered: the peer offers nothing else, and none shall win by an algorithm.
 * @returns undefined where none is known to us
 */
export function challengeOf(response: Message): Challenge | undefined {
  const offered = [
    ...challengesIn(response, 'www-authenticate', 'Authorization'),
    ...challengesIn(response, 'proxy-authenticate', 'Proxy-Authorization'),
  ];
  return offered.find(({ algorithm }) => algorithm === 'MD5') ?? offered[0];
}

function challengesIn(response: Message, name: string, answer: Challenge['answer']): Challenge[] {
  return (response.headers.get(name) ?? []).flatMap((line) => {
    const parameters = parametersOf(line);
    const algorithm = (parameters.get('algorithm') ?? 'MD5').toUpperCase();
    if (algorithm !== 'MD5' && algorithm !== 'SHA-256') return [];
    const realm = parameters.get('realm') ?? '';
    const nonce = parameters.get('nonce') ?? '';
    const qop = /(^|,)\s*auth\s*(,|$)/.test(parameters.get('qop') ?? '');
    return [{ answer, realm, nonce, opaque: parameters.get('opaque'), algorithm, qop, count: 0 }];
  });
}

function parametersOf(line: string): Map<string, string> {
  const found = line.replace(/^Digest\s+/i, '').matchAll(/([\w-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^,\s]+))/g);
  return new Map([...found].map(([, name, quoted, bare]) => [(name as string).toLowerCase(), quoted ?? bare ?? '']));
}

/** The header line that answers it, ended by CRLF. Each call uses the nonce once more. */
export function authorize(challenge: Challenge, user: string, password: string, method: string, uri: string): string {
  const { answer, realm, nonce, opaque, algorithm, qop } = challenge;
  const digest = (text: string): string => hash(HASHES[algorithm], text);
  const ha1 = digest(`${user}:${realm}:${password}`);
  const ha2 = digest(`${method}:${uri}`);
  challenge.count++;
  const nc = challenge.count.toString(16).padStart(8, '0');
  const cnonce = randomBytes(4).toString('hex');
  const response = digest(qop ? `${ha1}:${nonce}:${nc}:${cnonce}:auth:${ha2}` : `${ha1}:${nonce}:${ha2}`);
  const more = `${opaque === undefined ? '' : `, opaque="${opaque}"`}${qop ? `, qop=auth, nc=${nc}, cnonce="${cnonce}"` : ''}`;
  return (
    `${answer}: Digest username="${user}", realm="${realm}", nonce="${nonce}", uri="${uri}", ` +
    `response="${response}", algorithm=${algorithm}${more}\r\n`
  );
}
