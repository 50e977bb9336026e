import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { Random } from '../torture/random.ts';
import type { Codec } from './codec.ts';
import { mutate, shrink } from './mutate.ts';

/** Processor time for one input. An input has a few kilobytes, and takes some milliseconds at the very worst. */
const MAX_INPUT_MS = 2_000;
/** What an input may leave behind in memory while it is dealt with. */
const MAX_INPUT_BYTES = 256 << 20;
/** How many interesting inputs are kept of each codec. */
const MAX_CORPUS = 2_000;
const GRAMMAR_AT_A_TIME = 50;

export interface Fault {
  codec: string;
  /** Of the run that found it. */
  seed: number;
  /** The smallest input found, base64. */
  input: string;
  /** What was thrown, or which law was broken. */
  error: string;
}

/** One codec being fuzzed: grows a corpus of inputs that each brought something new. */
export class Fuzzer {
  readonly codec: Codec;
  readonly seed: number;
  inputs = 0;
  #random: Random;
  #corpus: Buffer[];
  #kinds = new Set<string>();
  #grammar: string[] = [];

  constructor(codec: Codec, seed: number) {
    this.codec = codec;
    this.seed = seed;
    // A stream of its own for each codec, so that one more codec changes nothing for the others.
    const own = createHash('sha256').update(`${seed} ${codec.name}`).digest().readUInt32LE();
    this.#random = new Random(own);
    this.#corpus = codec.seeds.map((text) => Buffer.from(text));
    if (this.#corpus.length === 0) this.#corpus.push(Buffer.alloc(0));
  }

  /** Kinds of outcome seen so far. */
  get kinds(): number {
    return this.#kinds.size;
  }

  /** Tries one input. @returns the fault, where it found one */
  step(): Fault | undefined {
    const input = this.#next();
    this.inputs++;
    const outcome = tryInput(this.codec, input);
    if ('error' in outcome) {
      const same = (shorter: Buffer) => {
        const other = tryInput(this.codec, shorter);
        return 'error' in other && kindOf(other.error) === kindOf(outcome.error);
      };
      const smallest = shrink(input, same);
      const { codec, seed } = this;
      return { codec: codec.name, seed, input: smallest.toString('base64'), error: describe(outcome.error) };
    }
    if (!this.#kinds.has(outcome.kind)) {
      this.#kinds.add(outcome.kind);
      if (this.#corpus.length < MAX_CORPUS) this.#corpus.push(input);
    }
    return undefined;
  }

  #next(): Buffer {
    if (this.inputs < this.#corpus.length && this.#kinds.size < this.codec.seeds.length)
      return this.#corpus[this.inputs]!;
    if (this.#random.between(0, 2) === 0) {
      if (this.#grammar.length === 0) {
        const seed = this.#random.between(1, 2 ** 31 - 1);
        this.#grammar = fc.sample(this.codec.grammar, { seed, numRuns: GRAMMAR_AT_A_TIME });
      }
      const input = Buffer.from(this.#grammar.pop()!);
      return this.#random.between(0, 1) === 0 ? input : this.#mutated(input);
    }
    return this.#mutated(this.#random.pick(this.#corpus));
  }

  #mutated(input: Buffer): Buffer {
    return mutate(input, this.#random.pick(this.#corpus), this.codec.words, this.#random);
  }
}

/** Holds an input against the laws of its codec, and against the clock. */
export function tryInput(codec: Codec, input: Buffer): { kind: string } | { error: unknown } {
  const cpu = process.cpuUsage();
  const memory = process.memoryUsage.rss();
  try {
    const kind = codec.check(input);
    const { user } = process.cpuUsage(cpu);
    if (user > MAX_INPUT_MS * 1000) return { error: new Error(`took ${Math.round(user / 1000)} ms of processor time`) };
    const grown = process.memoryUsage.rss() - memory;
    if (grown > MAX_INPUT_BYTES) return { error: new Error(`took ${grown >> 20} MB`) };
    return { kind };
  } catch (error) {
    return { error };
  }
}

/** Errors of one cause: the same up to figures and quoted input. */
function kindOf(error: unknown): string {
  return error instanceof Error
    ? `${error.name} ${error.message.slice(0, 40).replace(/\d+|["'].*/g, '')}`
    : String(error);
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message).split('\n').slice(0, 4).join('\n') : String(error);
}
