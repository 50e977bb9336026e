import type { Clock } from '#base/clock.ts';

/** RFC 3261 §17.1.1.1: an estimate of the round-trip time, and what follows from it. */
export const T1_MS = 500;
export const T2_MS = 4000;
export const T4_MS = 5000;
/** How long a transaction waits at most: timers B, F, H, J, L and M. */
export const TRANSACTION_MS = 64 * T1_MS;

const TICK_MS = 50;

/** What falls due at one tick is done in portions, so that ten thousand repetitions do not block everything else. */
const MAX_PER_TICK = 1000;

/** A place in a queue; whoever has a timer is one, or has one, so that starting it makes nothing. */
export abstract class Timer {
  previous: Timer | undefined;
  next: Timer | undefined;
  queue: Queue | undefined;
  dueTick = 0;

  abstract fire(): void;
}

/** Timers of the same length: the first to be started is the first to fall due. */
export class Queue {
  readonly ticks: number;
  first: Timer | undefined;
  last: Timer | undefined;

  constructor(delayMs: number) {
    // The tick that is running has begun before the timer: one more, so that none is early.
    this.ticks = Math.ceil(delayMs / TICK_MS) + 1;
  }

  add(timer: Timer): void {
    timer.queue = this;
    timer.previous = this.last;
    if (this.last === undefined) this.first = timer;
    else this.last.next = timer;
    this.last = timer;
  }

  remove(timer: Timer): void {
    const { previous, next } = timer;
    if (previous === undefined) this.first = next;
    else previous.next = next;
    if (next === undefined) this.last = previous;
    else next.previous = previous;
    timer.queue = undefined;
    timer.previous = undefined;
    timer.next = undefined;
  }
}

/**
 * The timers of all transactions. There are few lengths of them, so each length is a queue, and one tick looks at the
 * heads of all: starting and stopping cost a few pointers, whatever their number. Nothing ticks while nothing waits.
 * Time is counted in ticks, so a clock that is set does not matter.
 */
export class Timers {
  readonly #clock: Clock;
  readonly #byDelay = new Map<number, Queue>();
  readonly #queues: Queue[] = [];
  #tick = 0;
  #waiting = 0;
  #stopTicking: (() => void) | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Fires once, not before `delayMs` and at most two ticks after. One that runs already begins anew. */
  start(timer: Timer, delayMs: number): void {
    let queue = this.#byDelay.get(delayMs);
    if (queue === undefined) {
      queue = new Queue(delayMs);
      this.#queues.push(queue);
      this.#byDelay.set(delayMs, queue);
    }
    this.stop(timer);
    timer.dueTick = this.#tick + queue.ticks;
    queue.add(timer);
    this.#waiting++;
    this.#stopTicking ??= this.#clock.every(TICK_MS, () => this.#onTick());
  }

  stop(timer: Timer): void {
    if (timer.queue === undefined) return;
    timer.queue.remove(timer);
    this.#waiting--;
  }

  stopAll(): void {
    this.#stopTicking?.();
    this.#stopTicking = undefined;
    for (const queue of this.#queues) {
      while (queue.first !== undefined) this.stop(queue.first);
    }
  }

  #onTick(): void {
    this.#tick++;
    for (const queue of this.#queues) this.#fireDue(queue);
    if (this.#waiting > 0) return;
    this.#stopTicking?.();
    this.#stopTicking = undefined;
  }

  #fireDue(queue: Queue): void {
    for (let fired = 0; fired < MAX_PER_TICK; fired++) {
      const timer = queue.first;
      if (timer === undefined || timer.dueTick > this.#tick) return;
      this.stop(timer);
      timer.fire();
    }
  }
}
