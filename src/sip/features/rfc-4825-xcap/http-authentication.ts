/** Who asks over HTTP: digest authentication as over SIP (RFC 7616), or a password inside TLS (RFC 7617). */
import { createHmac, randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Accounts } from '#accounts/accounts.ts';
import { prepareAddress } from '#accounts/address.ts';
import { digestKeysOf } from '#accounts/digest-credentials.ts';
import type { Home } from '#accounts/home.ts';
import type { Homes } from '#accounts/homes.ts';
import type { Throttle } from '#accounts/throttle.ts';
import { Failure } from '#base/failure.ts';
import { HttpError } from '#base/http-routes.ts';
import { verifyPassword } from '#keys/credentials.ts';
import type { DigestAlgorithm } from '#keys/digest-keys.ts';
import { type DigestParams, parseDigestParams } from '../../authentication/auth-params.ts';
import { writeChallenge } from '../../authentication/challenge.ts';
import { digestResponse, isSame, readCredentials } from '../../authentication/digest.ts';
import type { Nonces } from '../../authentication/nonces.ts';
import { plainAddress } from '../../transport/addresses.ts';
import { readText } from '../../wire/byte-string.ts';
import { SipError } from '../../wire/sip-error.ts';

export interface HttpAuthenticationOptions {
  readonly homes: Homes;
  readonly accounts: Pick<Accounts, 'credentialsOf' | 'revision'>;
  readonly throttle: Pick<Throttle, 'attempt' | 'failed' | 'succeeded'>;
  readonly nonces: Pick<Nonces, 'make' | 'check' | 'use'>;
  /** Served domains, prepared; the server's own first. */
  readonly domains: ReadonlySet<string>;
  /** Read each time. */
  readonly settings: { readonly algorithms: readonly string[] };
}

/** The account's home, or the values of WWW-Authenticate that ask for its password. */
export type HttpVerdict =
  | { readonly home: Home }
  | { readonly challenges: readonly string[] }
  /** Too many wrong passwords. */
  | { readonly retryAfterSeconds: number };

/** Of the length of a real one, and of no password. */
const NO_KEY = '0'.repeat(64);
const SCHEME = 'WWW-Authenticate: ';
const MAX_PROVEN = 10_000;

export class HttpAuthentication {
  readonly #options: HttpAuthenticationOptions;
  readonly #secret = randomBytes(32);
  /** Passwords that were right: to check one takes as long as a client's next ten requests. */
  readonly #proven = new Set<string>();

  constructor(options: HttpAuthenticationOptions) {
    this.#options = options;
  }

  /**
   * @param readBody for qop=auth-int
   * @throws {HttpError} 400 for credentials that cannot be read; 403 for a disabled account
   */
  async check(request: IncomingMessage, readBody: () => Promise<Buffer>): Promise<HttpVerdict> {
    const { authorization = '' } = request.headers;
    const source = plainAddress(request.socket.remoteAddress ?? '');
    const basic = /^basic +([A-Za-z0-9+/=_-]*) *$/i.exec(authorization);
    if (basic !== null) return this.#checkBasic(basic[1]!, source);
    const params = parseDigestParams(authorization);
    return params === undefined ? this.#challenge(source, false) : this.#checkDigest(params, request, readBody);
  }

  async #checkBasic(encoded: string, source: string): Promise<HttpVerdict> {
    const text = Buffer.from(encoded, 'base64').toString('utf8');
    const colon = text.indexOf(':');
    const address = colon < 0 ? '' : this.#addressOf(text.slice(0, colon), this.#domain);
    if (address === '') return this.#challenge(source, false);
    const tooMany = this.#tooMany(address, source);
    if (tooMany !== undefined) return tooMany;
    const { accounts } = this.#options;
    const proof = this.#proofOf(address, encoded, accounts.revision);
    if (this.#proven.has(proof)) return this.#right(address, source);
    const { account, credentials } = await accounts.credentialsOf(address);
    const isRight = await verifyPassword(credentials, text.slice(colon + 1));
    const tooManyNow = this.#tooMany(address, source);
    if (tooManyNow !== undefined) return tooManyNow;
    if (!isRight || account === undefined) return this.#wrong(address, source);
    if (this.#proven.size >= MAX_PROVEN) this.#proven.clear();
    this.#proven.add(proof);
    return this.#right(address, source);
  }

  /** Of a password that was right: good until an account loses something, and nothing that a password could be read from. */
  #proofOf(address: string, encoded: string, revision: number): string {
    return createHmac('sha256', this.#secret).update(`${revision} ${address} ${encoded}`).digest('base64');
  }

  async #checkDigest(
    params: DigestParams,
    request: IncomingMessage,
    readBody: () => Promise<Buffer>,
  ): Promise<HttpVerdict> {
    const { nonces, homes, settings } = this.#options;
    const source = plainAddress(request.socket.remoteAddress ?? '');
    const credentials = readOrRefuse(params);
    if (credentials === undefined || !settings.algorithms.includes(credentials.algorithm)) {
      return this.#challenge(source, false);
    }
    // RFC 7616 §3.4.6: what was signed is what is asked for.
    if (credentials.uri !== request.url)
      throw new HttpError(400, 'the uri of the credentials is not that of the request');
    const { nonce, username, realm, algorithm, qop, nc, response } = credentials;
    const state = nonces.check(nonce, source, qop !== undefined);
    if (state !== 'good') return this.#challenge(source, state === 'stale');
    const address = this.#addressOf(readText(username), readText(realm));
    const tooMany = this.#tooMany(address, source);
    if (tooMany !== undefined) return tooMany;
    const home = address === '' ? undefined : await homes.load(address);
    const keys = home && (await digestKeysOf(home));
    const key = keys?.[algorithm][username.includes('@') ? 'address' : 'local'];
    const body = qop === 'auth-int' ? (await readBody()).toString('latin1') : '';
    const expected = digestResponse(credentials, key ?? NO_KEY, request.method ?? '', body);
    const tooManyNow = this.#tooMany(address, source);
    if (tooManyNow !== undefined) return tooManyNow;
    if (!isSame(expected, response) || key === undefined) return this.#wrong(address, source);
    const proof = { address, source, username, realm, from: '' };
    const count = qop === undefined ? undefined : Number.parseInt(nc, 16);
    return nonces.use(nonce, count, response, proof) ? this.#right(address, source) : this.#challenge(source, true);
  }

  get #domain(): string {
    const [domain = ''] = this.#options.domains;
    return domain;
  }

  /** @returns '' for what no account of ours can be called */
  #addressOf(username: string, realm: string): string {
    try {
      const address = prepareAddress(username.includes('@') ? username : `${username}@${realm}`);
      return this.#options.domains.has(address.slice(address.indexOf('@') + 1)) ? address : '';
    } catch (error) {
      if (error instanceof Failure) return '';
      throw error;
    }
  }

  #tooMany(address: string, source: string): HttpVerdict | undefined {
    const attempt = this.#options.throttle.attempt(address, source);
    return attempt.allowed ? undefined : { retryAfterSeconds: Math.ceil(attempt.retryAfterMs / 1000) };
  }

  #wrong(address: string, source: string): HttpVerdict {
    this.#options.throttle.failed(address, source);
    return this.#challenge(source, false);
  }

  /** That an account is disabled is told only to who has its password. */
  async #right(address: string, source: string): Promise<HttpVerdict> {
    this.#options.throttle.succeeded(address, source);
    const home = await this.#options.homes.load(address);
    if (home === undefined) throw new HttpError(403, 'this account is disabled');
    return { home };
  }

  #challenge(source: string, isStale: boolean): HttpVerdict {
    const { nonces, settings } = this.#options;
    const realm = this.#domain;
    const lines = writeChallenge({
      as: 'registrar',
      realm,
      nonce: nonces.make(source),
      algorithms: settings.algorithms as readonly DigestAlgorithm[],
      isStale,
      integrity: false,
    });
    const digests = lines.split('\r\n').filter((line) => line !== '');
    // RFC 7617 §2.1: names and passwords are UTF-8.
    return {
      challenges: [...digests.map((line) => line.slice(SCHEME.length)), `Basic realm="${realm}", charset="UTF-8"`],
    };
  }
}

function readOrRefuse(params: DigestParams) {
  try {
    return readCredentials(params);
  } catch (error) {
    if (error instanceof SipError) throw new HttpError(400, error.reason);
    throw error;
  }
}
