/** Cuts a statement into tokens: words, numbers, texts and signs. */
import { syntaxError } from './sql-error.ts';

export type Token =
  | { readonly is: 'word'; readonly text: string }
  | { readonly is: 'number'; readonly text: string }
  | { readonly is: 'text'; readonly text: string }
  | { readonly is: 'sign'; readonly text: string };

const MAX_LENGTH = 32_768;
const MAX_TOKENS = 4000;
const TOKEN = /\s*(?:([A-Za-z_]\w*)|(\d+(?:\.\d+)?)|'((?:[^']|'')*)'|"((?:[^"]|"")*)"|(<>|!=|<=|>=|[=<>(),.*;-]))/y;

/**
 * Words come in lower case. Texts stand in single or double quotes, as Informix takes them.
 * @throws {SqlError} -201
 */
export function lex(statement: string): Token[] {
  if (statement.length > MAX_LENGTH) throw syntaxError();
  const whole = statement.trim().replace(/;$/, '').trimEnd();
  const tokens: Token[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < whole.length) {
    if (tokens.length >= MAX_TOKENS) throw syntaxError();
    tokens.push(next(whole));
  }
  return tokens;
}

function next(whole: string): Token {
  const [, word, number, single, double, sign] = TOKEN.exec(whole) ?? [];
  if (word !== undefined) return { is: 'word', text: word.toLowerCase() };
  if (number !== undefined) return { is: 'number', text: number };
  if (single !== undefined) return { is: 'text', text: single.replaceAll("''", "'") };
  if (double !== undefined) return { is: 'text', text: double.replaceAll('""', '"') };
  if (sign === undefined || sign === ';') throw syntaxError();
  return { is: 'sign', text: sign };
}
