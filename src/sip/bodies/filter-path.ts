/** RFC 4661 §5: the part of XPath that filters are written in; names of nodes, not of one node as in a patch. */
import { SipError } from '../wire/sip-error.ts';

interface NodeTest {
  /** Undefined: any. */
  readonly ns: string | undefined;
  readonly name: string | undefined;
}

export interface PathStep extends NodeTest {
  /** After `//`: however deep. */
  readonly isDeep: boolean;
  readonly predicates: readonly Predicate[];
}

export interface Path {
  readonly steps: readonly PathStep[];
  /** As `Element` has it; '*' for any. */
  readonly attribute: string | undefined;
}

export type Predicate =
  | { readonly kind: 'place'; readonly place: number }
  | { readonly kind: 'all' | 'any'; readonly of: readonly Predicate[] }
  | { readonly kind: 'compare'; readonly path: Path; readonly operator?: string; readonly value?: string };

export interface FilterPath {
  readonly path: Path;
  /** How dear it is to look for: by the square of how often it has `//`. */
  readonly cost: number;
}

const MAX_TOKENS = 200;
const MAX_NESTING = 8;
const NAME = '[A-Za-z_\\u0080-\\uffff][\\w.\\-\\u0080-\\uffff]*';
const TOKEN = new RegExp(
  `\\s*(?:(//|!=|<=|>=|[/\\[\\]()@=<>*.])|(?:(${NAME}):)?(${NAME}|(?<=:)\\*)|"([^"]*)"|'([^']*)'|(\\d+(?:\\.\\d+)?))`,
  'y',
);

interface Token {
  readonly kind: 'sign' | 'name' | 'literal' | 'number';
  readonly text: string;
  readonly prefix?: string;
}

/**
 * @param resolve the namespace of a prefix; undefined where it is not bound
 * @throws {SipError} 488
 */
export function parseFilterPath(text: string, resolve: (prefix: string) => string | undefined): FilterPath {
  const tokens = tokenize(text.trim());
  const parser = new PathParser(tokens, resolve);
  const path = parser.whole();
  return { path, cost: Math.max(1, path.steps.filter(({ isDeep }) => isDeep).length ** 2) };
}

function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < text.length) {
    const found = TOKEN.exec(text);
    if (found === null || tokens.length >= MAX_TOKENS) throw unusable();
    const [, sign, prefix, name, double, single, number] = found;
    if (sign !== undefined) tokens.push({ kind: 'sign', text: sign });
    else if (name !== undefined) tokens.push({ kind: 'name', text: name, ...(prefix !== undefined && { prefix }) });
    else if (number !== undefined) tokens.push({ kind: 'number', text: number });
    else tokens.push({ kind: 'literal', text: double ?? single ?? '' });
  }
  return tokens;
}

class PathParser {
  #tokens: readonly Token[];
  #resolve: (prefix: string) => string | undefined;
  #at = 0;

  constructor(tokens: readonly Token[], resolve: (prefix: string) => string | undefined) {
    this.#tokens = tokens;
    this.#resolve = resolve;
  }

  #take(text: string): boolean {
    const token = this.#tokens[this.#at];
    if (token?.kind !== 'sign' || token.text !== text) return false;
    this.#at++;
    return true;
  }

  #takeWord(word: string): boolean {
    const token = this.#tokens[this.#at];
    if (token?.kind !== 'name' || token.text !== word || token.prefix !== undefined) return false;
    this.#at++;
    return true;
  }

  whole(): Path {
    const path = this.#path(this.#take('//') || !this.#take('/'), 0);
    if (this.#at < this.#tokens.length || path.steps.length === 0) throw unusable();
    return path;
  }

  /** @param isDeep a path that does not begin at the root begins anywhere */
  #path(isDeep: boolean, nesting: number): Path {
    const steps: PathStep[] = [];
    for (let deep = isDeep; ; ) {
      if (this.#take('@')) return { steps, attribute: this.#attribute() };
      if (this.#take('.')) return { steps, attribute: undefined };
      steps.push({ ...this.#test(), isDeep: deep, predicates: this.#predicates(nesting) });
      deep = this.#take('//');
      if (!deep && !this.#take('/')) return { steps, attribute: undefined };
      // However deep inside of a condition: nobody needs it, and it is dear.
      if (deep && nesting > 0) throw unusable();
    }
  }

  #test(): NodeTest {
    if (this.#take('*')) return { ns: undefined, name: undefined };
    const token = this.#tokens[this.#at++];
    if (token?.kind !== 'name') throw unusable();
    const ns = this.#namespace(token.prefix ?? '');
    return { ns, name: token.text === '*' ? undefined : token.text };
  }

  #namespace(prefix: string): string {
    const ns = this.#resolve(prefix);
    if (ns === undefined) throw new SipError(488, 'A filter has a prefix that is not bound');
    return ns;
  }

  #attribute(): string {
    if (this.#take('*')) return '*';
    const token = this.#tokens[this.#at++];
    if (token?.kind !== 'name') throw unusable();
    const { prefix, text } = token;
    if (prefix === undefined) return text;
    return prefix === 'xml' ? `xml:${text}` : `{${this.#namespace(prefix)}}${text}`;
  }

  #predicates(nesting: number): Predicate[] {
    const predicates: Predicate[] = [];
    while (this.#take('[')) {
      if (nesting >= MAX_NESTING) throw unusable();
      predicates.push(this.#any(nesting + 1));
      if (!this.#take(']')) throw unusable();
    }
    return predicates;
  }

  #any(nesting: number): Predicate {
    const of = [this.#all(nesting)];
    while (this.#takeWord('or')) of.push(this.#all(nesting));
    return of.length === 1 ? of[0]! : { kind: 'any', of };
  }

  #all(nesting: number): Predicate {
    const of = [this.#one(nesting)];
    while (this.#takeWord('and')) of.push(this.#one(nesting));
    return of.length === 1 ? of[0]! : { kind: 'all', of };
  }

  #one(nesting: number): Predicate {
    if (nesting > MAX_NESTING) throw unusable();
    if (this.#take('(')) {
      const inside = this.#any(nesting + 1);
      if (!this.#take(')')) throw unusable();
      return inside;
    }
    const token = this.#tokens[this.#at];
    if (token?.kind === 'number') {
      this.#at++;
      return { kind: 'place', place: Number(token.text) };
    }
    const path = this.#path(false, nesting);
    const operator = ['=', '!=', '<=', '>=', '<', '>'].find((sign) => this.#take(sign));
    return operator === undefined
      ? { kind: 'compare', path }
      : { kind: 'compare', path, operator, value: this.#value() };
  }

  #value(): string {
    const token = this.#tokens[this.#at++];
    if (token?.kind !== 'literal' && token?.kind !== 'number') throw unusable();
    return token.text;
  }
}

/** RFC 4660 §5.3: what the notifier cannot work with. */
function unusable(): SipError {
  return new SipError(488, 'A filter has an expression that is not understood');
}
