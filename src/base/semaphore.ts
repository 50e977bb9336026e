import { Failure } from './failure.ts';

/** Lets a few jobs run at a time; the others wait in line, and the line has an end. */
export class Semaphore {
  #free: number;
  #maxWaiting: number;
  #waiting: (() => void)[] = [];

  /**
   * @param atOnce      jobs that may run at a time
   * @param maxWaiting  jobs that may wait; one more is refused
   */
  constructor(atOnce: number, maxWaiting: number) {
    this.#free = atOnce;
    this.#maxWaiting = maxWaiting;
  }

  /**
   * Runs a job when it is its turn.
   * @throws {Failure} 'over-limit' when the line is full; else what the job throws
   */
  async run<T>(job: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free--;
    else await this.#turn();
    try {
      return await job();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#free++;
      else next();
    }
  }

  #turn(): Promise<void> {
    if (this.#waiting.length >= this.#maxWaiting)
      throw new Failure('over-limit', 'too many are waiting for their turn');
    return new Promise((resolve) => this.#waiting.push(resolve));
  }
}
