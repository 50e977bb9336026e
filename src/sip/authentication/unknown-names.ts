import { accountAdded } from '#accounts/hooks.ts';
import type { Clock } from '#base/clock.ts';
import type { Hooks } from '#base/hook.ts';

const MAX_NAMES = 10_000;
const KEPT_MS = 10_000;

/**
 * Names that were looked for lately and do not exist. They are answered without the store, as accounts are whose homes
 * are loaded: how long an answer takes does not tell the one from the other, and guesses at names cost little.
 */
export class UnknownNames {
  readonly #clock: Clock;
  readonly #until = new Map<string, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  has(address: string): boolean {
    const until = this.#until.get(address);
    return until !== undefined && until > this.#clock.now();
  }

  add(address: string): void {
    // All at once: who asks for as many names is no person.
    if (this.#until.size >= MAX_NAMES) this.#until.clear();
    this.#until.set(address, this.#clock.now() + KEPT_MS);
  }

  /** Forgets a name once there is an account of it. @returns how to stop */
  follow(hooks: Hooks): () => void {
    return hooks.on(accountAdded, 'react', ({ address }) => void this.#until.delete(address));
  }
}
