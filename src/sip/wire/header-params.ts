import { EQUALS, isToken, QUOTE, SEMICOLON, skipQuoted, skipSpaces, unquote } from './text.ts';

/** What a value of a parameter ends at, or never holds. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: none of them is allowed
const END = /[;,"<>\x00-\x20\x7f]/g;

/** Parameters of a header's value: `;name=value;name` (RFC 3261 §25.1 `generic-param`). */
export class Params {
  static readonly none = new Params([]);
  /** Name in lower case, value as it came or undefined, in order. */
  readonly flat: readonly (string | undefined)[];

  constructor(flat: readonly (string | undefined)[]) {
    this.flat = flat;
  }

  /** What a parameter says, without quotes; '' where it has no value, undefined where there is none. */
  get(name: string): string | undefined {
    const { flat } = this;
    for (let i = 0; i < flat.length; i += 2) {
      if (flat[i] === name) return flat[i + 1] === undefined ? '' : unquote(flat[i + 1]!);
    }
    return undefined;
  }

  has(name: string): boolean {
    return this.get(name) !== undefined;
  }

  /** `;name=value` of all of them, as they came. */
  toString(): string {
    const { flat } = this;
    let text = '';
    for (let i = 0; i < flat.length; i += 2)
      text += flat[i + 1] === undefined ? `;${flat[i]}` : `;${flat[i]}=${flat[i + 1]}`;
    return text;
  }
}

/** @returns undefined for what is no list of parameters @param at where its first semicolon is, or spaces before it */
export function parseParams(text: string, at: number): Params | undefined {
  let next = skipSpaces(text, at);
  if (next >= text.length) return Params.none;
  const flat: (string | undefined)[] = [];
  while (next < text.length) {
    if (text.charCodeAt(next) !== SEMICOLON) return undefined;
    const nameAt = skipSpaces(text, next + 1);
    const nameEnd = endOf(text, nameAt);
    const name = text.slice(nameAt, nameEnd).toLowerCase();
    if (!isToken(name)) return undefined;
    next = skipSpaces(text, nameEnd);
    if (text.charCodeAt(next) !== EQUALS) {
      flat.push(name, undefined);
      continue;
    }
    const valueAt = skipSpaces(text, next + 1);
    const valueEnd = endOfValue(text, valueAt);
    if (valueEnd <= valueAt) return undefined;
    flat.push(name, text.slice(valueAt, valueEnd));
    next = skipSpaces(text, valueEnd);
  }
  return new Params(flat);
}

const NAME_END = /[=;,"<> \t]/g;

function endOf(text: string, at: number): number {
  NAME_END.lastIndex = at;
  return NAME_END.exec(text)?.index ?? text.length;
}

/** A token, a host or a quoted string; in a token we bear what others let in (`@`, `/`, `=`, UTF-8). */
function endOfValue(text: string, at: number): number {
  if (text.charCodeAt(at) === QUOTE) return skipQuoted(text, at);
  END.lastIndex = at;
  return END.exec(text)?.index ?? text.length;
}
