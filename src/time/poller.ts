/** Polls the time servers, each in its own rhythm, and keeps the choice among them up to date. */
import type { Clock } from '#base/clock.ts';
import type { Outcome } from './exchange.ts';
import { type Selection, select, type Tally } from './selection.ts';
import { type ServerAddress, showAddress } from './server-address.ts';
import { Source } from './source.ts';

/** Of one pool. */
const MAX_POOL_SOURCES = 4;

export interface PollerOptions {
  clock: Clock;
  /** Asks a server once; never fails. @param address an IP address */
  ask(address: string, port: number, signal: AbortSignal): Promise<Outcome>;
  /** @throws {Failure} when there is no address */
  resolve(host: string): Promise<string[]>;
  pollSeconds(): number;
  /** Whether a source has its time from here, so that nobody must have it from that source (RFC 5905 §11.2, a loop). */
  isLoop(source: Source): boolean;
  /** Told after each poll, when the choice is made. */
  polled(): void;
}

export class Poller {
  readonly #options: PollerOptions;
  readonly #ending = new AbortController();
  #sources: Source[] = [];
  /** By id of the source: withdraws the timer of its next poll. */
  #timers = new Map<string, () => void>();
  #selection: Selection = { chosen: undefined, tallies: new Map() };

  /** Begins to poll at once. */
  constructor(servers: readonly ServerAddress[], options: PollerOptions) {
    this.#options = options;
    for (const server of servers) this.#add(server);
  }

  get sources(): readonly Source[] {
    return this.#sources;
  }

  /** The best one; undefined while not synchronised. */
  get chosen(): Source | undefined {
    return this.#sources.find(({ id }) => id === this.#selection.chosen);
  }

  tallyOf(source: Source): Tally {
    return this.#selection.tallies.get(source.id) ?? ' ';
  }

  intervalSeconds(source: Source): number {
    return source.intervalSeconds(this.#options.pollSeconds(), this.#selection.chosen !== undefined);
  }

  /** Ends it; an answer that is still awaited is not. */
  stop(): void {
    this.#ending.abort();
    for (const cancel of this.#timers.values()) cancel();
    this.#timers.clear();
  }

  #add(server: ServerAddress, address?: string): void {
    const source = new Source(server);
    source.moveTo(address);
    this.#sources.push(source);
    void this.#poll(source);
  }

  async #poll(source: Source): Promise<void> {
    const { signal } = this.#ending;
    this.#timers.delete(source.id);
    const outcome = await this.#ask(source);
    if (signal.aborted) return;
    source.take(outcome);
    this.#choose();
    this.#options.polled();
    if (source.isDenied) return;
    const next = () => void this.#poll(source);
    this.#timers.set(source.id, this.#options.clock.after(this.intervalSeconds(source) * 1000, next));
  }

  async #ask(source: Source): Promise<Outcome> {
    if (source.address === undefined || source.isLost) {
      const trouble = await this.#findAddress(source);
      if (trouble !== undefined) return { kind: 'silence', why: trouble };
    }
    return this.#options.ask(source.address!, source.server.port, this.#ending.signal);
  }

  /** Gives a source an address that no other has. @returns why there is none */
  async #findAddress(source: Source): Promise<string | undefined> {
    const { host, port, isPool } = source.server;
    let found: string[];
    try {
      found = await this.#options.resolve(host);
    } catch (error) {
      source.moveTo(undefined);
      return (error as Error).message;
    }
    const { address: before } = source;
    const owner = (address: string) =>
      this.#sources.find((one) => one !== source && one.address === address && one.server.port === port);
    const free = found.filter((address) => owner(address) === undefined);
    // After one that does not answer comes the next in the list, and after the last the first.
    const at = before === undefined ? -1 : free.indexOf(before);
    source.moveTo(free[(at + 1) % free.length]);
    if (isPool && before === undefined) this.#addPool(source, free.slice(1));
    if (source.address !== undefined) return undefined;
    const [first = host] = found;
    return `it is the same server as ${owner(first)?.server.text ?? host} (${showAddress(first, port)})`;
  }

  #addPool({ server }: Source, addresses: readonly string[]): void {
    const have = this.#sources.filter((one) => one.server === server).length;
    for (const address of addresses.slice(0, MAX_POOL_SOURCES - have)) this.#add(server, address);
  }

  #choose(): void {
    const { clock, isLoop, pollSeconds } = this.#options;
    const now = clock.now();
    const candidates = this.#sources
      .filter((source) => !isLoop(source))
      .flatMap((source) => source.candidate(now, pollSeconds()) ?? []);
    this.#selection = select(candidates, this.#selection.chosen);
  }
}
