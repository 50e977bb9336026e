/** One server that is polled: what it has answered, and what that is worth. Holds no socket and no timer. */
import { FREQUENCY_TOLERANCE, type Sample, type ServerClock } from './answer.ts';
import { addSample, type Filtered, filterSamples, shiftReach } from './clock-filter.ts';
import type { Outcome } from './exchange.ts';
import { showReferenceId } from './reference-id.ts';
import type { Candidate } from './selection.ts';
import { type ServerAddress, showAddress } from './server-address.ts';

/** A shorter way than this is not believed (MINDISP of RFC 5905). */
const MIN_DELAY_MS = 5;
/** Beyond it a server is not fit to be chosen (ntpd's MAXDIST). */
const MAX_ROOT_DISTANCE_MS = 1500;
/** So many polls without an answer, and what it answered before counts no more: the length of the reach register. */
const REACH_POLLS = 8;

/** The first polls follow each other closely, so that there is soon something to choose from. */
const BURST_POLLS = 4;
const BURST_SECONDS = 2;
const UNSYNCHRONISED_SECONDS = 8;
const MAX_POLL_SECONDS = 1024;

let count = 0;

export class Source {
  /** Unlike that of any other source. */
  readonly id = `source ${++count}`;
  readonly server: ServerAddress;
  /** The IP address that is asked; undefined while there is none. */
  address: string | undefined;
  /** The last eight polls, the latest in the lowest bit. */
  reach = 0;
  polls = 0;
  /** Polls without a usable answer since the last one that had it. */
  misses = 0;
  /** The last usable answer: epoch milliseconds. */
  answeredAt: number | undefined;
  /** What the last answer said of its sender. */
  clock: ServerClock | undefined;
  /** Why there was no usable answer; '' when the last poll had one. */
  trouble = 'it was not asked yet';
  /** The code with which it refused for good, or asked to be left in peace for longer. */
  kiss = '';
  #samples: Sample[] = [];
  /** What the server asked for with RATE. */
  #leastSeconds = 0;

  constructor(server: ServerAddress) {
    this.server = server;
  }

  /** As people know it: the address where there is one. */
  get remote(): string {
    const { host, port } = this.server;
    return showAddress(this.address ?? host, port);
  }

  /** It has refused for good (RFC 5905 §7.4): it is asked no more until the settings change. */
  get isDenied(): boolean {
    return this.kiss === 'DENY' || this.kiss === 'RSTR';
  }

  /** Begins anew with another address; what the one before answered is forgotten. */
  moveTo(address: string | undefined): void {
    if (address === this.address) return;
    this.address = address;
    this.#forget();
  }

  #forget(): void {
    this.#samples = [];
    this.clock = undefined;
    this.reach = 0;
  }

  /** Takes in what became of a poll. */
  take(outcome: Outcome): void {
    this.polls++;
    const isTime = outcome.kind === 'time';
    this.reach = shiftReach(this.reach, isTime);
    if (isTime) {
      this.misses = 0;
      this.trouble = '';
      this.kiss = '';
      this.answeredAt = outcome.sample.at;
      this.clock = outcome.server;
      this.#samples = addSample(this.#samples, outcome.sample);
      return;
    }
    this.misses++;
    if (outcome.kind === 'kiss') this.#takeKiss(outcome.code);
    else this.trouble = outcome.why;
    // Who says that it has lost its own source is believed at once.
    if (this.reach === 0 || outcome.kind === 'unsynchronised') this.#forget();
  }

  #takeKiss(code: string): void {
    this.kiss = code;
    this.trouble = `it refuses (${code})`;
    if (code === 'RATE') this.#leastSeconds = Math.min(Math.max(this.#leastSeconds * 2, 128), MAX_POLL_SECONDS);
    else this.#forget();
  }

  /** Whether another of its addresses should be tried. */
  get isLost(): boolean {
    return this.reach === 0 && this.misses > 0 && this.misses % REACH_POLLS === 0;
  }

  /** How long until the next poll. @param pollSeconds as the settings have it */
  intervalSeconds(pollSeconds: number, isSynchronised: boolean): number {
    const asked = Math.max(pollSeconds, this.#leastSeconds);
    if (this.#leastSeconds > 0) return asked;
    if (this.polls < BURST_POLLS) return Math.min(BURST_SECONDS, asked);
    return isSynchronised || this.misses >= REACH_POLLS ? asked : Math.min(UNSYNCHRONISED_SECONDS, asked);
  }

  /** What its samples say. @param now epoch milliseconds */
  filtered(now: number): Filtered | undefined {
    return filterSamples(this.#samples, now);
  }

  /** By how much its time can be wrong at most (lambda of RFC 5905 §11.2); undefined without a sample. */
  rootDistanceMs(now: number): number | undefined {
    const best = this.filtered(now);
    if (best === undefined || this.clock === undefined) return undefined;
    const { rootDelayMs, rootDispersionMs } = this.clock;
    return (
      Math.max(rootDelayMs + best.delayMs, MIN_DELAY_MS) / 2 + rootDispersionMs + best.dispersionMs + best.jitterMs
    );
  }

  /** As it goes into the choice; undefined while it is not fit. @param pollSeconds allows for the ageing of one poll */
  candidate(now: number, pollSeconds: number): Candidate | undefined {
    const best = this.filtered(now);
    const rootDistanceMs = this.rootDistanceMs(now);
    if (best === undefined || rootDistanceMs === undefined || this.clock === undefined || this.reach === 0)
      return undefined;
    if (rootDistanceMs > MAX_ROOT_DISTANCE_MS + FREQUENCY_TOLERANCE * pollSeconds * 1000) return undefined;
    const { offsetMs, jitterMs } = best;
    return { id: this.id, stratum: this.clock.stratum, offsetMs, jitterMs, rootDistanceMs };
  }

  /** As `ntpq -p` has it: `.INIT.` before the first answer, `.DENY.` for one that refuses. */
  get referenceId(): string {
    if (this.kiss !== '') return `.${this.kiss}.`;
    return this.clock === undefined ? '.INIT.' : showReferenceId(this.clock.referenceId, this.clock.stratum);
  }
}
