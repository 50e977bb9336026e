import type { Accounts } from '#accounts/accounts.ts';
import { prepareAddress } from '#accounts/address.ts';
import { digestKeysOf, followPasswords, keysOfAccount } from '#accounts/digest-credentials.ts';
import type { Home } from '#accounts/home.ts';
import type { Homes } from '#accounts/homes.ts';
import type { Throttle } from '#accounts/throttle.ts';
import type { Clock } from '#base/clock.ts';
import { Failure } from '#base/failure.ts';
import type { Settings } from '#base/loaded-settings.ts';
import type { Metrics } from '#base/metrics.ts';
import type { DigestAlgorithm, DigestKeys } from '#keys/digest-keys.ts';
import type { Flow } from '../transport/flow.ts';
import { domainOf } from '../wire/address.ts';
import { readText } from '../wire/byte-string.ts';
import type { SipRequest } from '../wire/message.ts';
import { SipError } from '../wire/sip-error.ts';
import { parseUri, type SipUri } from '../wire/sip-uri.ts';
import { parseDigestParams } from './auth-params.ts';
import { algorithmsFor, writeChallenge } from './challenge.ts';
import { type DigestCredentials, digestResponse, isSame, readCredentials } from './digest.ts';
import { Nonces, type Proof } from './nonces.ts';
import { sipAuthentication } from './settings.ts';
import { UnknownNames } from './unknown-names.ts';

export interface AuthenticatorOptions {
  homes: Homes;
  accounts: Pick<Accounts, 'find'>;
  throttle: Pick<Throttle, 'attempt' | 'failed' | 'succeeded'>;
  clock: Clock;
  metrics: Metrics;
  settings: Settings;
  /** Known to this server alone and the same at every start. */
  secret: Uint8Array;
  /** Served domains, prepared; the server's own first. */
  domains: ReadonlySet<string>;
  /**
   * The account of ours that a URI stands for; undefined for none.
   * @throws {SipError} where nobody can be called so
   */
  accountOf(uri: SipUri): string | undefined;
}

export type As = 'registrar' | 'proxy';

export type Verdict =
  /** The home of the account that has proved to be the sender. */
  | { readonly ok: true; readonly home: Home }
  /** Header lines that ask for a password. */
  | { readonly challenge: string; readonly status: 401 | 407 }
  | { readonly refused: SipError };

/** A request on its way to a verdict. */
interface Attempt {
  readonly request: SipRequest;
  readonly source: string;
  readonly as: As;
  readonly credentials: DigestCredentials;
  readonly proof: Proof;
  /** The same has proved the account with this nonce before. */
  readonly isProven: boolean;
}

/** Of the length of a real one, and of no password. */
const NO_KEY = '0'.repeat(64);

/**
 * Says whose request it is (RFC 3261 §22, RFC 8760). A name that does not exist is answered as a wrong password is; that
 * an account is disabled is told only to who has its password.
 */
export class Authenticator {
  readonly #homes: Homes;
  readonly #accounts: AuthenticatorOptions['accounts'];
  readonly #throttle: AuthenticatorOptions['throttle'];
  readonly #domains: ReadonlySet<string>;
  readonly #domain: string;
  readonly #accountOf: AuthenticatorOptions['accountOf'];
  readonly #settings;
  readonly #unknown: UnknownNames;
  readonly #counts;
  readonly #stop: (() => void)[];
  readonly nonces: Nonces;

  constructor(options: AuthenticatorOptions) {
    const { homes, accounts, throttle, clock, metrics, settings, secret, domains } = options;
    this.#homes = homes;
    this.#accounts = accounts;
    this.#throttle = throttle;
    this.#domains = domains;
    [this.#domain = ''] = domains;
    this.#accountOf = options.accountOf;
    this.#settings = settings.of(sipAuthentication);
    this.nonces = new Nonces(clock, secret, this.#settings);
    this.#unknown = new UnknownNames(clock);
    const outcomes = metrics.counters(
      'rollcall_sip_authentications_total',
      'Requests that had to prove an account.',
      'outcome',
    );
    this.#counts = {
      proven: outcomes.of('proven'),
      asked: outcomes.of('asked'),
      stale: outcomes.of('stale'),
      wrong: outcomes.of('wrong'),
      slowed: outcomes.of('slowed'),
      refused: outcomes.of('refused'),
    };
    this.#stop = [followPasswords(homes), this.#unknown.follow(homes.hooks)];
  }

  /**
   * @param as how it is asked for: by 401 and WWW-Authenticate, or by 407 and Proxy-Authenticate. Credentials are taken
   *   from either header, for a client that is known to one of our faces is known to us
   * @throws {SipError} 400 where From or the credentials cannot be read
   */
  check(request: SipRequest, flow: Flow, as: As): Verdict | Promise<Verdict> {
    const credentials = this.#credentialsOf(request, as);
    const source = flow.remoteAddress;
    if (credentials === undefined || !this.#settings.algorithms.includes(credentials.algorithm)) {
      return this.#challenge(request, source, as, 'asked');
    }
    const state = this.nonces.check(credentials.nonce, source, credentials.qop !== undefined);
    if (state !== 'good') return this.#challenge(request, source, as, state === 'stale' ? 'stale' : 'asked');
    const known = this.nonces.proofOf(credentials.nonce);
    const isProven = known !== undefined && isLike(known, credentials, request, source);
    const proof = isProven ? known : this.#claim(credentials, request, source);
    const attempt: Attempt = { request, source, as, credentials, proof, isProven };
    if (!isProven) {
      const refused = this.#tooMany(attempt);
      if (refused !== undefined) return refused;
    }
    return this.#lookUp(attempt);
  }

  stop(): void {
    for (const stop of this.#stop) stop();
  }

  #lookUp(attempt: Attempt): Verdict | Promise<Verdict> {
    const { address } = attempt.proof;
    const home = this.#homes.loaded(address);
    if (home !== undefined) {
      const keys = digestKeysOf(home);
      return keys instanceof Promise ? this.#load(attempt) : this.#judge(attempt, home, keys);
    }
    if (address === '' || this.#unknown.has(address)) return this.#judge(attempt, undefined, undefined);
    return this.#load(attempt);
  }

  async #load(attempt: Attempt): Promise<Verdict> {
    const { address } = attempt.proof;
    const home = await this.#homes.load(address);
    if (home === undefined) return this.#withoutHome(attempt);
    let keys = digestKeysOf(home);
    // What was read may be what another change has made old.
    while (keys instanceof Promise) {
      await keys;
      keys = digestKeysOf(home);
    }
    // The account may have gone, or been disabled, in the course of it.
    if (this.#homes.loaded(address) !== home) return this.#withoutHome(attempt);
    return this.#tooMany(attempt) ?? this.#judge(attempt, home, keys);
  }

  /** Of an account that does not exist, or may not sign in. */
  async #withoutHome(attempt: Attempt): Promise<Verdict> {
    const { address } = attempt.proof;
    const account = await this.#accounts.find(address);
    if (account === undefined) this.#unknown.add(address);
    const keys = account && (await keysOfAccount(this.#homes.database, account.id));
    const reason = account?.endUser === undefined ? undefined : 'Not Enabled for IM and Presence';
    return this.#tooMany(attempt) ?? this.#judge(attempt, undefined, keys, reason);
  }

  /**
   * @param home undefined where nobody may sign in
   * @param reason why not, for who has the password
   */
  #judge(attempt: Attempt, home: Home | undefined, keys: DigestKeys | undefined, reason = 'Account Disabled'): Verdict {
    const { request, source, as, credentials, proof, isProven } = attempt;
    const { algorithm, username, response, nonce, qop, nc } = credentials;
    const key = keys?.[algorithm][username.includes('@') ? 'address' : 'local'];
    const expected = digestResponse(credentials, key ?? NO_KEY, request.method, request.body);
    if (!isSame(expected, response) || key === undefined) {
      this.#throttle.failed(proof.address, source);
      return this.#challenge(request, source, as, 'wrong');
    }
    if (!isProven) this.#throttle.succeeded(proof.address, source);
    if (home === undefined) return this.#refuse(reason);
    if (!isProven && request.from.uri !== `sip:${proof.address}` && this.#senderOf(request) !== proof.address) {
      return this.#refuse('From is not the authenticated account');
    }
    const count = qop === undefined ? undefined : Number.parseInt(nc, 16);
    if (!this.nonces.use(nonce, count, response, proof)) return this.#challenge(request, source, as, 'stale');
    this.#counts.proven.add(1);
    return { ok: true, home };
  }

  #refuse(reason: string): Verdict {
    this.#counts.refused.add(1);
    return { refused: new SipError(403, reason) };
  }

  /** For a realm of ours, from the header that was asked for or the other one. @throws {SipError} 400 */
  #credentialsOf(request: SipRequest, as: As): DigestCredentials | undefined {
    const [first, second] =
      as === 'registrar' ? ['authorization', 'proxy-authorization'] : ['proxy-authorization', 'authorization'];
    return this.#credentialsIn(request, first!) ?? this.#credentialsIn(request, second!);
  }

  #credentialsIn(request: SipRequest, name: string): DigestCredentials | undefined {
    const { headers } = request;
    for (let i = 0; i < headers.length; i += 2) {
      if (headers[i] !== name) continue;
      const params = parseDigestParams(headers[i + 1]!);
      // Those for other realms are for others on the way (RFC 3261 §22.3).
      if (params === undefined || !this.#domains.has(readText(params.realm ?? ''))) continue;
      const credentials = readCredentials(params);
      if (credentials !== undefined) return credentials;
    }
    return undefined;
  }

  #claim({ username, realm }: DigestCredentials, request: SipRequest, source: string): Proof {
    const whole = readText(username.includes('@') ? username : `${username}@${realm}`);
    // A home that is loaded under that very name spares preparing it.
    const address = this.#homes.loaded(whole) === undefined ? accountOf(whole, readText(realm)) : whole;
    return { address, source, username, realm, from: request.from.uri };
  }

  /** The account that From names; undefined where it is none of ours. @throws {SipError} 400 */
  #senderOf(request: SipRequest): string | undefined {
    const uri = fromUri(request);
    try {
      return this.#accountOf(uri);
    } catch (error) {
      if (error instanceof SipError) return undefined;
      throw error;
    }
  }

  /**
   * Who guesses is made to wait by 503 with Retry-After, not by 403: clients take 403 for a wrong password, forget the
   * right one, and do not come back. Nothing is told of whether the password was right.
   */
  #tooMany({ proof, source }: Attempt): Verdict | undefined {
    const attempt = this.#throttle.attempt(proof.address, source);
    if (attempt.allowed) return undefined;
    this.#counts.slowed.add(1);
    const seconds = Math.ceil(attempt.retryAfterMs / 1000);
    return { refused: new SipError(503, 'Too many wrong passwords', `Retry-After: ${seconds}\r\n`) };
  }

  #challenge(request: SipRequest, source: string, as: As, why: 'asked' | 'stale' | 'wrong'): Verdict {
    this.#counts[why].add(1);
    const { algorithms, integrity } = this.#settings;
    const domain = domainOf(fromUri(request));
    const challenge = writeChallenge({
      as,
      realm: this.#domains.has(domain) ? domain : this.#domain,
      nonce: this.nonces.make(source),
      algorithms: algorithmsFor(request.header('user-agent'), algorithms as readonly DigestAlgorithm[]),
      isStale: why === 'stale',
      integrity,
    });
    return { challenge, status: as === 'registrar' ? 401 : 407 };
  }
}

/** RFC 4475 §3.3.4: nobody of ours goes by another scheme. @throws {SipError} 400 */
function fromUri({ from }: SipRequest): SipUri {
  try {
    return parseUri(from.uri);
  } catch (error) {
    if (error instanceof SipError && error.status === 416) throw new SipError(400, 'From Has No SIP URI');
    throw error;
  }
}

function isLike(proof: Proof, { username, realm }: DigestCredentials, request: SipRequest, source: string): boolean {
  return (
    proof.source === source && proof.username === username && proof.realm === realm && proof.from === request.from.uri
  );
}

/** The account that 'local@domain' stands for; '' for what no account of that domain can be called. */
function accountOf(name: string, realm: string): string {
  try {
    const address = prepareAddress(name);
    return address.endsWith(`@${realm}`) ? address : '';
  } catch (error) {
    if (error instanceof Failure) return '';
    throw error;
  }
}
