import type { TransportContext } from './context.ts';

/** From so many bytes that the peer has not taken, nothing more is read from it until it has. */
const MAX_UNSENT_WHILE_READING = 262_144;

/** One that takes nothing for so long is gone, or waits for us to read as we wait for it. */
const STUCK_MS = 30_000;

/** Something that is read from, and can be told to wait. */
export interface Readable {
  pause(): unknown;
  resume(): unknown;
}

/** How much one connection is read: so many bytes a second, and nothing while it does not take what it is sent. */
export class ReadGate {
  readonly #context: TransportContext;
  readonly #readable: Readable;
  readonly #cut: () => void;
  #left = 0;
  #second = 0;
  #nextSecond: (() => void) | undefined;
  #stuck: (() => void) | undefined;

  /** @param cut ends the connection of a slow reader */
  constructor(context: TransportContext, readable: Readable, cut: () => void) {
    this.#context = context;
    this.#readable = readable;
    this.#cut = cut;
  }

  /** So much has come. @param now epoch milliseconds */
  read(bytes: number, now: number): void {
    const second = Math.floor(now / 1000);
    if (second !== this.#second) {
      this.#second = second;
      // What was read too much counts for the next second.
      this.#left = this.#context.limits.bytesPerSecond + Math.min(0, this.#left);
    }
    this.#left -= bytes;
    if (this.#left < 0 && this.#nextSecond === undefined) this.#waitForSecond((second + 1) * 1000 - now);
  }

  /** So much of what was written has not been taken. */
  unsent(bytes: number): void {
    if (bytes > this.#context.limits.maxUnsentBytes) this.#tooSlow();
    else if (bytes > MAX_UNSENT_WHILE_READING && this.#stuck === undefined) {
      this.#stuck = this.#context.clock.after(STUCK_MS, () => this.#tooSlow());
      this.#readable.pause();
    }
  }

  /** All that was written has been taken. */
  drained(): void {
    if (this.#stuck === undefined) return;
    this.#stuck();
    this.#stuck = undefined;
    this.#resume();
  }

  /** The connection is over. */
  close(): void {
    this.#nextSecond?.();
    this.#stuck?.();
  }

  #waitForSecond(waitMs: number): void {
    this.#context.figures.refused.of('too-fast').add(1);
    this.#readable.pause();
    this.#nextSecond = this.#context.clock.after(waitMs, () => {
      this.#nextSecond = undefined;
      this.#resume();
    });
  }

  #resume(): void {
    if (this.#nextSecond === undefined && this.#stuck === undefined) this.#readable.resume();
  }

  #tooSlow(): void {
    this.#context.figures.refused.of('slow-reader').add(1);
    this.#cut();
  }
}
