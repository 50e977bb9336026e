/**
 * Who asks: HTTP Basic (RFC 7617), or the cookie of an earlier sign-in. A password that was right is remembered for a
 * short while by an HMAC, so that its hash is not computed for each request; a change of its user ends that.
 */
import { randomBytes } from 'node:crypto';
import type { ThrottleSettings } from '#accounts/throttle.ts';
import { Throttle } from '#accounts/throttle.ts';
import type { Clock } from '#base/clock.ts';
import { hmac } from '#base/hmac.ts';
import { Semaphore } from '#base/semaphore.ts';
import type { Directory } from '#directory/directory.ts';
import type { Change, Uuid } from '#directory/object.ts';

export interface Caller {
  readonly kind: 'AppUser' | 'User';
  readonly name: string;
  readonly roles: ReadonlySet<string>;
}

export type SignedIn =
  | {
      readonly is: 'signed-in';
      readonly caller: Caller /** to be set, where there is a new one */;
      readonly cookie?: string;
    }
  | { readonly is: 'refused' }
  | { readonly is: 'too-many'; readonly retryAfterSeconds: number };

export interface SignInOptions {
  readonly directory: Pick<Directory, 'authenticateAny' | 'get' | 'onChange'>;
  readonly clock: Clock;
  readonly settings: { readonly signInCacheSeconds: number; readonly sessionSeconds: number };
  readonly throttle: ThrottleSettings;
}

interface Known {
  readonly caller: Caller;
  readonly uuid: Uuid | undefined;
  readonly session: string;
  readonly knownUntil: number;
  readonly sessionUntil: number;
}

const MAX_KNOWN = 10_000;
const MAX_NAME = 128;
const MAX_PASSWORD = 1024;
const CHECKS_AT_ONCE = 4;
const MAX_CHECKS_WAITING = 256;
const COOKIE = 'JSESSIONIDSSO';

export class SignIn {
  readonly #options: SignInOptions;
  readonly #throttle: Throttle;
  readonly #key = randomBytes(32);
  readonly #checks = new Semaphore(CHECKS_AT_ONCE, MAX_CHECKS_WAITING);
  /** By HMAC of name and password; oldest first. */
  readonly #known = new Map<string, Known>();
  readonly #sessions = new Map<string, Known>();
  readonly #underWay = new Map<string, Promise<Known | undefined>>();
  /** Counts what may have changed who is who, so that an older check is not remembered. */
  #changes = 0;
  readonly #unfollow: () => void;

  constructor(options: SignInOptions) {
    this.#options = options;
    this.#throttle = new Throttle(options.clock, options.throttle);
    this.#unfollow = options.directory.onChange((change) => this.#changed(change));
  }

  close(): void {
    this.#unfollow();
  }

  /** @param ip where from, as the socket gives it */
  async signIn(authorization: string | undefined, cookies: string | undefined, ip: string): Promise<SignedIn> {
    const session = this.#bySession(cookies);
    if (authorization === undefined) {
      return session === undefined ? { is: 'refused' } : { is: 'signed-in', caller: session.caller };
    }
    const basic = readBasic(authorization);
    if (basic === undefined) return { is: 'refused' };
    const proof = hmac('sha256', this.#key, `${basic.name}\0${basic.password}`).toString('base64');
    const known = this.#known.get(proof);
    if (known !== undefined && known.knownUntil > this.#options.clock.now()) return this.#answer(known, session);
    return this.#check(basic, proof, ip, session);
  }

  async #check(basic: Basic, proof: string, ip: string, session: Known | undefined): Promise<SignedIn> {
    const account = `axl:${basic.name.toLowerCase()}`;
    const before = this.#throttle.attempt(account, ip);
    if (!before.allowed) return tooMany(before.retryAfterMs);
    const known = await this.#checkOnce(basic, proof);
    const after = this.#throttle.attempt(account, ip);
    if (!after.allowed) return tooMany(after.retryAfterMs);
    if (known === undefined) {
      this.#throttle.failed(account, ip);
      return { is: 'refused' };
    }
    this.#throttle.succeeded(account, ip);
    return this.#answer(known, session);
  }

  /** Requests that come with the same password at the same time wait for one check. */
  #checkOnce(basic: Basic, proof: string): Promise<Known | undefined> {
    const there = this.#underWay.get(proof);
    if (there !== undefined) return there;
    const check = this.#checks.run(() => this.#authenticate(basic, proof));
    this.#underWay.set(proof, check);
    const done = () => this.#underWay.delete(proof);
    check.then(done, done);
    return check;
  }

  async #authenticate({ name, password }: Basic, proof: string): Promise<Known | undefined> {
    const { directory, clock, settings } = this.#options;
    const changes = this.#changes;
    const caller = await directory.authenticateAny(name, password);
    if (caller === undefined) return undefined;
    const uuid = (await directory.get(caller.kind, { name: caller.name }))?.uuid;
    const now = clock.now();
    const known: Known = {
      caller,
      uuid,
      session: randomBytes(24).toString('hex').toUpperCase(),
      knownUntil: now + settings.signInCacheSeconds * 1000,
      sessionUntil: now + settings.sessionSeconds * 1000,
    };
    if (changes === this.#changes && uuid !== undefined) this.#remember(proof, known);
    return known;
  }

  #remember(proof: string, known: Known): void {
    this.#known.delete(proof);
    this.#known.set(proof, known);
    if (known.sessionUntil > this.#options.clock.now()) this.#sessions.set(known.session, known);
    for (const map of [this.#known, this.#sessions]) {
      for (const oldest of map.keys()) {
        if (map.size <= MAX_KNOWN) break;
        map.delete(oldest);
      }
    }
  }

  #answer(known: Known, session: Known | undefined): SignedIn {
    const { caller } = known;
    const isNew = this.#sessions.has(known.session) && session?.caller.name !== caller.name;
    if (!isNew) return { is: 'signed-in', caller };
    // Only this place takes it, and no page of another site can send it along.
    const cookie = `${COOKIE}=${known.session}; Path=/axl; Secure; HttpOnly; SameSite=Strict`;
    return { is: 'signed-in', caller, cookie };
  }

  #bySession(cookies: string | undefined): Known | undefined {
    const found = /(?:^|;)\s*JSESSIONIDSSO=([0-9A-F]{48})\s*(?:;|$)/.exec(cookies ?? '')?.[1];
    const known = found === undefined ? undefined : this.#sessions.get(found);
    if (known === undefined || known.sessionUntil > this.#options.clock.now()) return known;
    this.#sessions.delete(known.session);
    return undefined;
  }

  /** A new user is none who could have signed in; a changed group may hold anybody. */
  #changed({ kind, action, uuid }: Change): void {
    const isOfGroup = kind === 'UserGroup' || kind === 'UserRole';
    if (!isOfGroup && ((kind !== 'User' && kind !== 'AppUser') || action === 'a')) return;
    this.#changes++;
    for (const map of [this.#known, this.#sessions]) {
      for (const [key, known] of map) if (isOfGroup || known.uuid === uuid) map.delete(key);
    }
  }
}

interface Basic {
  readonly name: string;
  readonly password: string;
}

/** RFC 7617 §2. The name may hold no colon; the text is UTF-8. */
function readBasic(authorization: string): Basic | undefined {
  const encoded = /^basic +([A-Za-z0-9+/]+={0,2}) *$/i.exec(authorization)?.[1];
  if (encoded === undefined) return undefined;
  const text = Buffer.from(encoded, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  if (colon <= 0 || text.includes('\0')) return undefined;
  const [name, password] = [text.slice(0, colon), text.slice(colon + 1)];
  return name.length > MAX_NAME || password.length > MAX_PASSWORD ? undefined : { name, password };
}

function tooMany(retryAfterMs: number): SignedIn {
  return { is: 'too-many', retryAfterSeconds: Math.ceil(retryAfterMs / 1000) };
}
