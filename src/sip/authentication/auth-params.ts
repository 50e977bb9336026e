import { COMMA, QUOTE, skipQuoted, skipSpaces, trimSpaces, unquote } from '../wire/text.ts';

const DIGEST = /^digest[ \t]+/i;

/**
 * The parameters of an Authorization header of the scheme Digest (RFC 3261 §25.1 `credentials`), by name in lower case and
 * without quotes.
 * @returns undefined for another scheme, and for what is no list of parameters, or has one of them twice
 */
export function parseDigestParams(line: string): Map<string, string> | undefined {
  const scheme = DIGEST.exec(line)?.[0];
  if (scheme === undefined) return undefined;
  const params = new Map<string, string>();
  for (let at = scheme.length; at < line.length; ) {
    const equals = line.indexOf('=', at);
    if (equals < 0) return trimSpaces(line.slice(at)) === '' ? params : undefined;
    const name = trimSpaces(line.slice(at, equals)).toLowerCase();
    const valueAt = skipSpaces(line, equals + 1);
    const end = endOfValue(line, valueAt);
    if (end < 0 || name === '' || params.has(name)) return undefined;
    params.set(name, unquote(trimSpaces(line.slice(valueAt, end))));
    at = skipSpaces(line, end);
    if (at < line.length && line.charCodeAt(at) !== COMMA) return undefined;
    at = skipSpaces(line, at + 1);
  }
  return params;
}

/** @returns where the value that begins at `at` ends; -1 for a quoted one that does not */
function endOfValue(line: string, at: number): number {
  if (line.charCodeAt(at) === QUOTE) return skipQuoted(line, at);
  const comma = line.indexOf(',', at);
  return comma < 0 ? line.length : comma;
}
