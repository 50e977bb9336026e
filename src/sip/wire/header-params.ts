import { charTable, EQUALS, QUOTE, SEMICOLON, skipChars, skipQuoted, skipSpaces, skipToken, unquote } from './text.ts';

/** What stands in a value without quotes: neither spaces nor controls, nor `;,"<>`. Others let in `@`, `/`, `=`, UTF-8. */
const VALUE_CHARS = charTable('').map((_, char) =>
  char > 0x20 && char !== 0x7f && !';,"<>'.includes(String.fromCharCode(char)) ? 1 : 0,
);

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
    const nameEnd = skipToken(text, nameAt);
    if (nameEnd === nameAt) return undefined;
    const name = text.slice(nameAt, nameEnd).toLowerCase();
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

function endOfValue(text: string, at: number): number {
  return text.charCodeAt(at) === QUOTE ? skipQuoted(text, at) : skipChars(text, at, VALUE_CHARS);
}
