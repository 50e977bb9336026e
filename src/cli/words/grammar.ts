/**
 * The grammar of the administrator's command line: paths of words, some of them to be filled in. One table of verbs
 * serves the prompt, commands of one line, completion and help. Pure.
 *
 *     show network <interface> detail
 *     utils service start <name...>        the rest of the line
 *     utils diagnose module [name]         may be left out
 */

/** What a verb is run with. */
export interface Call {
  /** The data folder. */
  readonly data: string;
  /** What was filled in, by name. */
  readonly args: Readonly<Record<string, string>>;
  /** Asks for a yes; where nobody can be asked, it is one. */
  confirm(question: string): Promise<boolean>;
}

export interface Outcome {
  /** For --json. */
  readonly result: unknown;
  /** For people, and for scripts that know the shape. Without the last line's end. */
  readonly text: string;
  /** It was done, and what it found is not well: exit code 1. */
  readonly failed?: boolean;
}

export interface Verb {
  readonly path: string;
  readonly help: string;
  /** What can be filled in, by name, where that is known beforehand. */
  readonly choices?: Readonly<Record<string, readonly string[]>>;
  run(call: Call): Promise<Outcome>;
}

export interface Token {
  readonly text: string;
  /** Where it begins in the line. */
  readonly at: number;
}

export interface Candidate {
  readonly text: string;
  readonly help: string;
}

type Step = { kind: 'word'; text: string } | { kind: 'one' | 'rest'; name: string; optional: boolean };

export type Match = { verb: Verb; args: Record<string, string> } | { incomplete: true } | undefined;

/** The words of a line; quotation marks of either kind hold several together. One that does not end, ends with the line. */
export function tokens(line: string): Token[] {
  return [...line.matchAll(/"([^"]*)"?|'([^']*)'?|(\S+)/g)].map(({ 1: double, 2: single, 3: plain, index }) => ({
    text: double ?? single ?? plain ?? '',
    at: index,
  }));
}

/** As if what a shell has taken apart had been typed. */
export function lineOf(words: readonly string[]): string {
  return words
    .map((word) => (/^[^\s"']+$/.test(word) ? word : word.includes('"') ? `'${word}'` : `"${word}"`))
    .join(' ');
}

export class Grammar {
  readonly #verbs: readonly { verb: Verb; steps: readonly Step[] }[];
  readonly #groups: Readonly<Record<string, string>>;

  /** @param groups what words are about that are no command by themselves: `{ 'utils service': '...' }` */
  constructor(verbs: readonly Verb[], groups: Readonly<Record<string, string>>) {
    this.#verbs = verbs.map((verb) => ({ verb, steps: stepsOf(verb.path) }));
    this.#groups = groups;
  }

  get verbs(): readonly Verb[] {
    return this.#verbs.map(({ verb }) => verb);
  }

  /** Words that a line may begin with. */
  get groups(): string[] {
    return [...new Set(this.#verbs.map(({ steps }) => (steps[0] as { text: string }).text))];
  }

  /**
   * What was typed. `rest` says what a part that takes the rest of the line is given: in a line as it stands, behind the
   * token at which it begins.
   * @returns undefined where no verb begins so
   */
  find(typed: readonly Token[], rest: (from: number) => string): Match {
    let best: { words: number; match: Match } | undefined;
    for (const { verb, steps } of this.#verbs) {
      const words = matching(steps, typed);
      if (words === undefined || (best !== undefined && words <= best.words)) continue;
      const args = filledIn(steps, typed, rest);
      best = { words, match: args === undefined ? { incomplete: true } : { verb, args } };
    }
    return best?.match;
  }

  /** What can follow the words that are complete. An ending of `<cr>` says that nothing has to. */
  candidates(typed: readonly Token[]): Candidate[] {
    const begun = this.#verbs.flatMap(({ verb, steps }) => {
      const words = matching(steps, typed);
      return words === undefined ? [] : [{ verb, steps, words }];
    });
    const most = Math.max(...begun.map(({ words }) => words));
    const found = new Map<string, string>();
    for (const { verb, steps, words } of begun) {
      if (words < most) continue;
      const next = steps[typed.length];
      if (next === undefined || (next.kind !== 'word' && next.optional)) found.set('<cr>', verb.help);
      if (next?.kind === 'word') {
        const isLast = steps.at(-1) === next;
        const path = [...typed.map(({ text }) => text), next.text].join(' ');
        if (!found.has(next.text) || isLast) found.set(next.text, this.#groups[path] ?? verb.help);
      } else if (next !== undefined) found.set(`<${next.name}>`, verb.help);
    }
    return [...found].map(([text, help]) => ({ text, help })).sort((a, b) => (a.text < b.text ? -1 : 1));
  }

  /**
   * For the Tab key: what the fragment at the end of the line can become, in whole.
   * @returns the fragment as it stands, and its completions, each with a blank where more can follow
   */
  complete(line: string): { completions: string[]; fragment: string } {
    const all = tokens(line);
    const endsOpen = all.length > 0 && !/\s$/.test(line);
    for (let count = endsOpen ? all.length - 1 : all.length; count >= 0; count--) {
      const before = all.slice(0, count);
      const fragment = count < all.length ? line.slice(all[count]!.at) : '';
      const completions = this.#completions(before, fragment, count < all.length - 1);
      if (completions.length > 0) return { completions, fragment };
      // A name of several words may have begun some tokens ago.
    }
    return { completions: [], fragment: endsOpen ? all.at(-1)!.text : '' };
  }

  #completions(before: readonly Token[], fragment: string, restOnly: boolean): string[] {
    const found = new Set<string>();
    for (const { verb, steps } of this.#verbs) {
      if (matching(steps, before) === undefined) continue;
      const next = steps[before.length];
      if (next === undefined || (restOnly && next.kind !== 'rest')) continue;
      const offered = next.kind === 'word' ? [next.text] : (verb.choices?.[next.name] ?? []);
      const ending = steps.length > before.length + 1 ? ' ' : '';
      for (const text of offered) {
        if (text.toLowerCase().startsWith(fragment.toLowerCase())) found.add(`${text}${ending}`);
      }
    }
    return [...found].sort();
  }
}

function stepsOf(path: string): Step[] {
  return path.split(' ').map((word): Step => {
    const match = /^([<[])([\w-]+)(\.\.\.)?[>\]]$/.exec(word);
    if (match === null) return { kind: 'word', text: word };
    return { kind: match[3] === undefined ? 'one' : 'rest', name: match[2]!, optional: match[1] === '[' };
  });
}

/** How many fixed words of a path were typed; undefined where something else was. */
function matching(steps: readonly Step[], typed: readonly Token[]): number | undefined {
  let words = 0;
  for (let i = 0; i < typed.length; i++) {
    const step = steps[i];
    if (step === undefined) return steps.at(-1)?.kind === 'rest' ? words : undefined;
    if (step.kind !== 'word') continue;
    if (step.text !== typed[i]!.text.toLowerCase()) return undefined;
    words++;
  }
  return words;
}

/** @returns undefined where something is missing */
function filledIn(
  steps: readonly Step[],
  typed: readonly Token[],
  rest: (from: number) => string,
): Record<string, string> | undefined {
  const args: Record<string, string> = {};
  for (let i = 0; i < steps.length; i++) {
    const step = steps[i]!;
    if (typed[i] === undefined) {
      if (step.kind === 'word' || !step.optional) return undefined;
    } else if (step.kind === 'one') args[step.name] = typed[i]!.text;
    else if (step.kind === 'rest') args[step.name] = typed.length === i + 1 ? typed[i]!.text : rest(i);
  }
  return args;
}
