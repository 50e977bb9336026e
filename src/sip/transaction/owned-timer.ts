import { Timer } from './timers.ts';

/** A timer of a machine: firing is an input to it. */
export class OwnedTimer<Input> extends Timer {
  readonly #owner: { take(input: Input): void };
  readonly #input: Input;

  constructor(owner: { take(input: Input): void }, input: Input) {
    super();
    this.#owner = owner;
    this.#input = input;
  }

  fire(): void {
    this.#owner.take(this.#input);
  }
}
