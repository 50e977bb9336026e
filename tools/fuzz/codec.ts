import type fc from 'fast-check';

/**
 * A codec under test: what it is fed, and what must hold whatever that is. Registered in `codecs.ts`.
 */
export interface Codec {
  readonly name: string;
  /** Inputs that mean something: where mutation begins. */
  readonly seeds: readonly string[];
  /** Pieces that a mutation may put in. */
  readonly words: readonly string[];
  /** Inputs by the grammar, mostly right. */
  readonly grammar: fc.Arbitrary<string>;
  /**
   * Holds the laws against an input.
   * @returns what kind of outcome it was, in a few words: an input that brings a new kind is kept and mutated further
   * @throws {Error} where a law is broken
   */
  check(input: Buffer): string;
}

/** A law is broken: what was said is not what came back. */
export class LawBroken extends Error {
  override name = 'LawBroken';
}

export function law(holds: boolean, what: string): asserts holds {
  if (!holds) throw new LawBroken(what);
}

/**
 * Runs what may refuse its input in one way only.
 * @returns its result, or undefined where it refused
 * @throws {Error} what it threw otherwise: a fault
 */
export function refusing<T>(run: () => T, isRefusal: (error: unknown) => boolean): T | undefined {
  try {
    return run();
  } catch (error) {
    if (isRefusal(error)) return undefined;
    throw error;
  }
}
