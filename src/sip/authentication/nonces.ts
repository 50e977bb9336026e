import { hash, randomInt } from 'node:crypto';
import type { Clock } from '#base/clock.ts';
import { copy } from '../wire/byte-string.ts';
import { isSame } from './digest.ts';

/** What a nonce is worth. 'stale': it is ours, and a request with a newer one will do (RFC 7616 §3.3). */
export type NonceState = 'good' | 'stale' | 'foreign';

export interface NonceSettings {
  readonly nonceSeconds: number;
  readonly withoutQopSeconds: number;
  readonly rememberedNonces: number;
}

/** Who has proved an account with a nonce, in the words of the request that did: another one like it is looked up by it. */
export interface Proof {
  /** The account: 'local@domain'. */
  readonly address: string;
  /** Where it came from: an IP address. */
  readonly source: string;
  readonly username: string;
  readonly realm: string;
  /** The URI of From. */
  readonly from: string;
}

/** What was used of a nonce. */
interface Use {
  readonly issuedAt: number;
  readonly proof: Proof;
  /** The highest nonce count, and which of the 31 before it were there: bit 0 is the highest. */
  highest: number;
  seen: number;
  /** Responses without qop, where there were any. */
  responses: Set<string> | undefined;
}

const WINDOW = 32;
/** The most responses without a nonce count that one nonce is good for. */
const MAX_RESPONSES = 64;
const TIME_BYTES = 6;
const COUNTER_BYTES = 4;
/** In characters of base64url: of time and counter, and of two hashes over them, with where they went and without. */
const STAMP_LENGTH = 14;
const BOUND_LENGTH = 16;
const LOOSE_LENGTH = 16;
const LENGTH = STAMP_LENGTH + BOUND_LENGTH + LOOSE_LENGTH;

/**
 * Makes nonces and knows them again. Handing one out costs no memory: it carries its time and a MAC (RFC 7616 §5.4),
 * which is good for the IP address alone that it was sent to, so that nobody fails in the name of another address. What
 * is remembered is those that somebody proved an account with, for each nonce count is good once; when that is more than
 * it may be, the oldest are forgotten, and all that are as old are stale. So is all from before the start: what was used
 * of it is not known.
 */
export class Nonces {
  readonly #clock: Clock;
  readonly #settings: NonceSettings;
  readonly #key: string;
  /** Those used first lately, and those used first before them: these are forgotten together, without a search. */
  #young = new Map<string, Use>();
  #old = new Map<string, Use>();
  /** When the young ones began. */
  #youngSince: number;
  /** Issued at this time or before and not remembered: stale. */
  #forgottenAt: number;
  #counter = randomInt(2 ** (8 * COUNTER_BYTES));

  /**
   * @param secret the same at every start, so that who comes with an old nonce is asked to try again, not for a password
   * @param settings read each time, so that a changed setting holds at once
   */
  constructor(clock: Clock, secret: Uint8Array, settings: NonceSettings) {
    this.#clock = clock;
    this.#settings = settings;
    this.#key = hash('sha256', Buffer.concat([Buffer.from('SIP nonces '), secret]));
    this.#youngSince = clock.now();
    this.#forgottenAt = clock.now() - 1;
  }

  /** @param source the IP address that it is sent to */
  make(source: string): string {
    this.#counter = (this.#counter + 1) >>> 0;
    const bytes = Buffer.allocUnsafe(TIME_BYTES + COUNTER_BYTES);
    bytes.writeUIntBE(this.#clock.now(), 0, TIME_BYTES);
    bytes.writeUInt32BE(this.#counter, TIME_BYTES);
    const stamp = bytes.toString('base64url');
    return stamp + this.#bound(stamp, source) + this.#loose(stamp);
  }

  /** Whether it is ours, was given to `source`, and is young enough. Says nothing of what it was used for. */
  check(nonce: string, source: string, hasQop: boolean): NonceState {
    const use = this.#useOf(nonce);
    if (use === undefined || use.proof.source !== source) {
      const state = this.#checkText(nonce, source);
      if (state !== 'good') return state;
    }
    const issuedAt = use?.issuedAt ?? issuedAtOf(nonce);
    const { nonceSeconds, withoutQopSeconds } = this.#settings;
    const seconds = hasQop ? nonceSeconds : Math.min(nonceSeconds, withoutQopSeconds);
    const age = this.#clock.now() - issuedAt;
    if (age > seconds * 1000 || age < 0) return 'stale';
    return use === undefined && issuedAt <= this.#forgottenAt ? 'stale' : 'good';
  }

  /** Who has proved an account with it. */
  proofOf(nonce: string): Proof | undefined {
    return this.#useOf(nonce)?.proof;
  }

  /**
   * The response was right: takes it as used. Each nonce count is good once, in any order within a window (UDP may
   * change it); where there is none, each response is (RFC 7616 §5.12).
   * @param nc     undefined where there is no qop
   * @param proof  for `proofOf`, where this is the first use
   * @returns false when it was used before
   */
  use(nonce: string, nc: number | undefined, response: string, proof: Proof): boolean {
    const use = this.#useOf(nonce) ?? this.#remember(nonce, proof);
    return nc === undefined ? useResponse(use, response) : useCount(use, nc);
  }

  /** How much is remembered, for the metrics. */
  get remembered(): number {
    return this.#young.size + this.#old.size;
  }

  #useOf(nonce: string): Use | undefined {
    return this.#young.get(nonce) ?? this.#old.get(nonce);
  }

  #remember(nonce: string, proof: Proof): Use {
    const { rememberedNonces, nonceSeconds } = this.#settings;
    const now = this.#clock.now();
    if (this.#young.size * 2 >= rememberedNonces || now - this.#youngSince > nonceSeconds * 1000) this.#forget(now);
    const use: Use = { issuedAt: issuedAtOf(nonce), proof: copyOf(proof), highest: 0, seen: 0, responses: undefined };
    this.#young.set(copy(nonce), use);
    return use;
  }

  #forget(now: number): void {
    for (const { issuedAt } of this.#old.values()) this.#forgottenAt = Math.max(this.#forgottenAt, issuedAt);
    this.#old = this.#young;
    this.#young = new Map();
    this.#youngSince = now;
  }

  #checkText(nonce: string, source: string): NonceState {
    if (nonce.length !== LENGTH) return 'foreign';
    const stamp = nonce.slice(0, STAMP_LENGTH);
    const bound = nonce.slice(STAMP_LENGTH, STAMP_LENGTH + BOUND_LENGTH);
    if (isSame(bound, this.#bound(stamp, source))) return 'good';
    // Somebody who has moved to another address is to try again, not to ask for a password.
    return isSame(nonce.slice(STAMP_LENGTH + BOUND_LENGTH), this.#loose(stamp)) ? 'stale' : 'foreign';
  }

  /** The end of a hash is not told, so that a hash over key and text is as good as an HMAC. */
  #bound(stamp: string, source: string): string {
    return hash('sha256', `${this.#key}bound${stamp}${source}`, 'base64url').slice(0, BOUND_LENGTH);
  }

  #loose(stamp: string): string {
    return hash('sha256', `${this.#key}loose${stamp}`, 'base64url').slice(0, LOOSE_LENGTH);
  }
}

/** Without the request that it came in; the address and the source are nobody's slices. */
function copyOf({ address, source, username, realm, from }: Proof): Proof {
  return { address, source, username: copy(username), realm: copy(realm), from: copy(from) };
}

function issuedAtOf(nonce: string): number {
  return Buffer.from(nonce.slice(0, 8), 'base64url').readUIntBE(0, TIME_BYTES);
}

function useCount(use: Use, nc: number): boolean {
  const ahead = nc - use.highest;
  if (nc < 1) return false;
  if (ahead > 0) {
    use.seen = ahead >= WINDOW ? 1 : ((use.seen << ahead) | 1) >>> 0;
    use.highest = nc;
    return true;
  }
  const bit = ahead > -WINDOW ? (1 << -ahead) >>> 0 : 0;
  if (bit === 0 || (use.seen & bit) !== 0) return false;
  use.seen = (use.seen | bit) >>> 0;
  return true;
}

function useResponse(use: Use, response: string): boolean {
  use.responses ??= new Set();
  if (use.responses.size >= MAX_RESPONSES || use.responses.has(response)) return false;
  use.responses.add(copy(response));
  return true;
}
