/** What can be typed at the prompt: the words of the administrator's grammar, and the commands of this program. Pure. */
import type { Command } from 'commander';
import type { Candidate, Grammar } from '../words/grammar.ts';
import { type Token, tokens } from '../words/grammar.ts';

const OWN: readonly Candidate[] = [
  { text: 'exit', help: 'leave the prompt' },
  { text: 'help', help: 'what can be typed; so does ? at any place' },
  { text: 'quit', help: 'leave the prompt' },
];

/** Not at the prompt: it is the prompt. */
const NOT_HERE = new Set(['cli']);

export class Vocabulary {
  readonly #words: Grammar;
  readonly #program: Command;

  constructor(words: Grammar, program: Command) {
    this.#words = words;
    this.#program = program;
  }

  /** What can follow, with a line of help each. @param line as far as it is typed, without the `?` */
  candidates(line: string): Candidate[] {
    const all = tokens(line);
    const isOpen = all.length > 0 && !/\s$/.test(line);
    const before = isOpen ? all.slice(0, -1) : all;
    const beginning = isOpen ? all.at(-1)!.text.toLowerCase() : '';
    const found = new Map<string, string>();
    const offered = [
      ...this.#words.candidates(before),
      ...this.#commandsAfter(before),
      ...(before.length === 0 ? OWN : []),
    ];
    for (const { text, help } of offered) if (!found.has(text)) found.set(text, help);
    return [...found]
      .map(([text, help]) => ({ text, help }))
      .filter(({ text }) => text.startsWith(beginning) || (text.startsWith('<') && isOpen))
      .sort((a, b) => (a.text < b.text ? -1 : 1));
  }

  /** For readline: what the end of the line can become, and that end. */
  complete(line: string): [string[], string] {
    const { completions, fragment } = this.#words.complete(line);
    const all = tokens(line);
    const isOpen = all.length > 0 && !/\s$/.test(line);
    const before = isOpen ? all.slice(0, -1) : all;
    const word = isOpen ? all.at(-1)!.text : '';
    const others = [...this.#commandsAfter(before), ...(before.length === 0 ? OWN : [])]
      .map(({ text }) => text)
      .filter((text) => text.startsWith(word));
    if (others.length === 0) return [completions, fragment];
    const own = fragment === word || completions.length === 0 ? completions : [];
    return [[...new Set([...own.map((text) => text.trimEnd()), ...others])].sort().map((text) => `${text} `), word];
  }

  /** Whether a line is a command of this program. */
  isCommand(typed: readonly Token[]): boolean {
    const [first = '', second = ''] = typed.map(({ text }) => text);
    const found = named(this.#program, first);
    if (found === undefined || NOT_HERE.has(first)) return false;
    return !this.#words.groups.includes(first) || named(found, second) !== undefined;
  }

  #commandsAfter(typed: readonly Token[]): Candidate[] {
    let at: Command | undefined = this.#program;
    for (const { text } of typed) at = at && named(at, text);
    const found = at?.commands.filter((one) => !NOT_HERE.has(one.name())) ?? [];
    return found.map((one) => ({ text: one.name(), help: one.description() }));
  }
}

function named(command: Command, name: string): Command | undefined {
  return command.commands.find((one) => one.name() === name);
}
