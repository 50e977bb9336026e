/**
 * Reads the part of Informix's SQL that tools send: SELECT over one or more tables, and UPDATE of one.
 * Everything else is a syntax error, and so is what is nested deeper than anybody writes.
 */
import { lex, type Token } from './lex.ts';
import { syntaxError } from './sql-error.ts';
import type {
  ColumnName,
  Comparison,
  Condition,
  Item,
  Operand,
  Select,
  Statement,
  TableName,
  Update,
} from './statement.ts';

const MAX_DEPTH = 32;
const MAX_TABLES = 8;
const COMPARISONS: Readonly<Record<string, Comparison>> = {
  '=': '=',
  '<>': '<>',
  '!=': '<>',
  '<': '<',
  '>': '>',
  '<=': '<=',
  '>=': '>=',
};
/** Words that no alias is, since they go on with the statement. */
const RESERVED = new Set([
  ...[
    'select',
    'from',
    'where',
    'order',
    'group',
    'having',
    'union',
    'by',
    'and',
    'or',
    'not',
    'in',
    'is',
    'null',
    'like',
  ],
  ...[
    'set',
    'on',
    'join',
    'inner',
    'left',
    'right',
    'full',
    'outer',
    'cross',
    'asc',
    'desc',
    'as',
    'between',
    'exists',
  ],
]);

/** @throws {SqlError} -201 */
export function parse(text: string): Statement {
  const parser = new Parser(lex(text));
  const statement = parser.statement();
  parser.end();
  return statement;
}

class Parser {
  readonly #tokens: readonly Token[];
  #at = 0;
  #depth = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  statement(): Statement {
    if (this.#takes('select')) return this.#select();
    if (this.#takes('update')) return this.#update();
    throw syntaxError();
  }

  end(): void {
    if (this.#at < this.#tokens.length) throw syntaxError();
  }

  #select(): Select {
    const skip = this.#takes('skip') ? this.#integer() : 0;
    const first = this.#takes('first') || this.#takes('limit') ? this.#integer() : undefined;
    const distinct = this.#takes('distinct') || this.#takes('unique');
    const items = this.#separated(() => this.#item());
    this.#needs('from');
    const { tables, on } = this.#tables();
    const where = this.#takes('where') ? this.#condition() : undefined;
    const orderBy = this.#takes('order') ? this.#orderBy() : [];
    const conditions = [...on, ...(where === undefined ? [] : [where])];
    return { is: 'select', skip, first, distinct, items, tables, where: allOf(conditions), orderBy };
  }

  #update(): Update {
    const table = this.#name();
    const alias = this.#alias() ?? table;
    this.#needs('set');
    const set = new Map<string, string | null>();
    this.#separated(() => {
      const { name } = this.#columnName();
      this.#needsSign('=');
      if (set.has(name)) throw syntaxError();
      set.set(name, this.#value());
    });
    const where = this.#takes('where') ? this.#condition() : undefined;
    return { is: 'update', table, alias, set, where };
  }

  #item(): Item {
    if (this.#takesSign('*')) return { is: 'all', table: '' };
    if (this.#isWord('count') && this.#isSignAt(1, '(')) return this.#count();
    if (this.#isSignAt(1, '.') && this.#isSignAt(2, '*')) {
      const table = this.#name();
      this.#at += 2;
      return { is: 'all', table };
    }
    const operand = this.#operand();
    const name = operand.is === 'column' ? operand.column.name : 'constant';
    return { is: 'operand', operand, as: this.#alias() ?? name };
  }

  #count(): Item {
    this.#at += 2;
    if (!this.#takesSign('*')) this.#columnName();
    this.#needsSign(')');
    return { is: 'count', as: this.#alias() ?? 'count' };
  }

  #tables(): { tables: TableName[]; on: Condition[] } {
    const tables: TableName[] = [this.#table()];
    const on: Condition[] = [];
    for (;;) {
      if (this.#takesSign(',')) tables.push(this.#table());
      else if (this.#takes('left')) {
        this.#takes('outer');
        this.#needs('join');
        const table = this.#table();
        this.#needs('on');
        tables.push({ ...table, outerOn: this.#condition() });
      } else if (this.#takes('inner') || this.#isWord('join')) {
        this.#needs('join');
        tables.push(this.#table());
        this.#needs('on');
        on.push(this.#condition());
      } else break;
      if (tables.length > MAX_TABLES) throw syntaxError();
    }
    return { tables, on };
  }

  #table(): TableName {
    const name = this.#name();
    return { name, alias: this.#alias() ?? name, outerOn: undefined };
  }

  #alias(): string | undefined {
    if (this.#takes('as')) return this.#name();
    const token = this.#tokens[this.#at];
    return token?.is === 'word' && !RESERVED.has(token.text) ? this.#name() : undefined;
  }

  #orderBy(): Select['orderBy'] {
    this.#needs('by');
    return this.#separated(() => {
      const column = this.#columnName();
      const descending = this.#takes('desc');
      if (!descending) this.#takes('asc');
      return { column, descending };
    });
  }

  #condition(): Condition {
    if (++this.#depth > MAX_DEPTH) throw syntaxError();
    const all = [this.#conjunction()];
    while (this.#takes('or')) all.push(this.#conjunction());
    this.#depth--;
    return all.length === 1 ? all[0]! : { is: 'or', all };
  }

  #conjunction(): Condition {
    const all = [this.#negation()];
    while (this.#takes('and')) all.push(this.#negation());
    return all.length === 1 ? all[0]! : { is: 'and', all };
  }

  #negation(): Condition {
    let negated = false;
    while (this.#takes('not')) negated = !negated;
    const condition = this.#predicate();
    return negated ? { is: 'not', condition } : condition;
  }

  #predicate(): Condition {
    if (this.#takesSign('(')) {
      const condition = this.#condition();
      this.#needsSign(')');
      return condition;
    }
    const operand = this.#operand();
    if (this.#takes('is')) {
      const negated = this.#takes('not');
      this.#needs('null');
      return notIf(negated, { is: 'null', operand });
    }
    const negated = this.#takes('not');
    if (this.#takes('like')) return notIf(negated, { is: 'like', operand, pattern: this.#text() });
    if (this.#takes('in')) return notIf(negated, { is: 'in', operand, values: this.#values() });
    if (negated) throw syntaxError();
    const sign = this.#tokens[this.#at++];
    const how = sign?.is === 'sign' && Object.hasOwn(COMPARISONS, sign.text) ? COMPARISONS[sign.text] : undefined;
    if (how === undefined) throw syntaxError();
    return { is: 'compare', how, left: operand, right: this.#operand() };
  }

  #values(): string[] {
    this.#needsSign('(');
    const values = this.#separated(() => this.#text());
    this.#needsSign(')');
    return values;
  }

  #operand(): Operand {
    const token = this.#tokens[this.#at];
    if (token === undefined) throw syntaxError();
    if (token.is !== 'word' || token.text === 'null') return { is: 'value', value: this.#value() };
    const fold = token.text === 'lower' || token.text === 'upper' ? token.text : undefined;
    if (fold !== undefined && this.#isSignAt(1, '(')) {
      this.#at += 2;
      const inside = this.#operand();
      this.#needsSign(')');
      return folded(inside, fold);
    }
    return { is: 'column', column: this.#columnName(), fold: undefined };
  }

  #value(): string | null {
    return this.#takes('null') ? null : this.#text();
  }

  /** A text, or a number as it stands there. */
  #text(): string {
    const negative = this.#takesSign('-');
    const token = this.#tokens[this.#at++];
    if (token?.is === 'number') return negative ? `-${token.text}` : token.text;
    if (token?.is !== 'text' || negative) throw syntaxError();
    return token.text;
  }

  #integer(): number {
    const token = this.#tokens[this.#at++];
    const value = token?.is === 'number' ? Number(token.text) : Number.NaN;
    if (!Number.isSafeInteger(value)) throw syntaxError();
    return value;
  }

  #columnName(): ColumnName {
    const first = this.#name();
    return this.#takesSign('.') ? { table: first, name: this.#name() } : { table: '', name: first };
  }

  #name(): string {
    const token = this.#tokens[this.#at++];
    if (token?.is !== 'word' || RESERVED.has(token.text)) throw syntaxError();
    return token.text;
  }

  #separated<T>(read: () => T): T[] {
    const all = [read()];
    while (this.#takesSign(',')) all.push(read());
    return all;
  }

  #isWord(word: string): boolean {
    const token = this.#tokens[this.#at];
    return token?.is === 'word' && token.text === word;
  }

  #takes(word: string): boolean {
    if (!this.#isWord(word)) return false;
    this.#at++;
    return true;
  }

  #needs(word: string): void {
    if (!this.#takes(word)) throw syntaxError();
  }

  #isSignAt(offset: number, sign: string): boolean {
    const token = this.#tokens[this.#at + offset];
    return token?.is === 'sign' && token.text === sign;
  }

  #takesSign(sign: string): boolean {
    if (!this.#isSignAt(0, sign)) return false;
    this.#at++;
    return true;
  }

  #needsSign(sign: string): void {
    if (!this.#takesSign(sign)) throw syntaxError();
  }
}

function allOf(conditions: readonly Condition[]): Condition | undefined {
  return conditions.length > 1 ? { is: 'and', all: conditions } : conditions[0];
}

function notIf(negated: boolean, condition: Condition): Condition {
  return negated ? { is: 'not', condition } : condition;
}

function folded(operand: Operand, fold: 'lower' | 'upper'): Operand {
  if (operand.is === 'column') return { ...operand, fold };
  const { value } = operand;
  if (value === null) return operand;
  return { is: 'value', value: fold === 'lower' ? value.toLowerCase() : value.toUpperCase() };
}
