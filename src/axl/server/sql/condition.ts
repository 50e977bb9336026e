/** Conditions as functions over joined rows, with SQL's third truth value: undefined where NULL leaves it open. */
import type { Scope } from './scope.ts';
import type { Comparison, Condition, Operand } from './statement.ts';
import type { SqlRow } from './table.ts';

/** One row of each table of the statement; of those that are not joined yet there is none. */
export type Joined = readonly (SqlRow | undefined)[];
export type Test = (joined: Joined) => boolean | undefined;

/** A condition, and the places of the tables that it is about. */
export interface Compiled {
  readonly condition: Condition;
  readonly test: Test;
  readonly tables: ReadonlySet<number>;
}

/** The parts that all have to be true, each on its own. */
export function compileAll(condition: Condition | undefined, scope: Scope): Compiled[] {
  if (condition === undefined) return [];
  if (condition.is === 'and') return condition.all.flatMap((one) => compileAll(one, scope));
  const tables = new Set<number>();
  return [{ condition, test: compile(condition, scope, tables), tables }];
}

function compile(condition: Condition, scope: Scope, tables: Set<number>): Test {
  const value = (operand: Operand) => compileOperand(operand, scope, tables);
  switch (condition.is) {
    case 'and':
      return every(condition.all.map((one) => compile(one, scope, tables)));
    case 'or':
      return some(condition.all.map((one) => compile(one, scope, tables)));
    case 'not': {
      const test = compile(condition.condition, scope, tables);
      return (joined) => negate(test(joined));
    }
    case 'null': {
      const of = value(condition.operand);
      return (joined) => of(joined) === null;
    }
    case 'like': {
      const of = value(condition.operand);
      const { pattern } = condition;
      return (joined) => known(of(joined), (text) => isLike(text, pattern));
    }
    case 'in': {
      const of = value(condition.operand);
      const values = new Set(condition.values);
      return (joined) => known(of(joined), (text) => values.has(text));
    }
    case 'compare': {
      const [left, right] = [value(condition.left), value(condition.right)];
      const { how } = condition;
      return (joined) => known(left(joined), (a) => known(right(joined), (b) => compares(how, a, b)));
    }
  }
}

export function compileOperand(operand: Operand, scope: Scope, tables: Set<number>): (joined: Joined) => string | null {
  if (operand.is === 'value') return () => operand.value;
  const { table, column } = scope.place(operand.column);
  tables.add(table);
  const plain = (joined: Joined) => joined[table]?.[column] ?? null;
  if (operand.fold === undefined) return plain;
  const fold = operand.fold === 'lower' ? (text: string) => text.toLowerCase() : (text: string) => text.toUpperCase();
  return (joined) => {
    const text = plain(joined);
    return text === null ? null : fold(text);
  };
}

function every(tests: readonly Test[]): Test {
  return (joined) => {
    let result: boolean | undefined = true;
    for (const test of tests) {
      const one = test(joined);
      if (one === false) return false;
      if (one === undefined) result = undefined;
    }
    return result;
  };
}

function some(tests: readonly Test[]): Test {
  return (joined) => {
    let result: boolean | undefined = false;
    for (const test of tests) {
      const one = test(joined);
      if (one === true) return true;
      if (one === undefined) result = undefined;
    }
    return result;
  };
}

function negate(result: boolean | undefined): boolean | undefined {
  return result === undefined ? undefined : !result;
}

function known(text: string | null, then: (text: string) => boolean | undefined): boolean | undefined {
  return text === null ? undefined : then(text);
}

function compares(how: Comparison, a: string, b: string): boolean {
  const order = compareValues(a, b);
  if (how === '=') return order === 0;
  if (how === '<>') return order !== 0;
  if (how === '<') return order < 0;
  if (how === '>') return order > 0;
  return how === '<=' ? order <= 0 : order >= 0;
}

const NUMBER = /^-?\d{1,15}(?:\.\d+)?$/;

/** Numbers by their size where both are numbers, else texts by their characters; NULL comes first. */
export function compareValues(a: string | null, b: string | null): number {
  if (a === b) return 0;
  if (a === null || b === null) return a === null ? -1 : 1;
  if (NUMBER.test(a) && NUMBER.test(b)) return Number(a) - Number(b);
  return a < b ? -1 : 1;
}

/** LIKE with `%` and `_`, and a backslash before either to mean itself; in time of text by pattern, whatever they are. */
export function isLike(text: string, pattern: string): boolean {
  let at = 0;
  let inPattern = 0;
  let retryAt = -1;
  let retryPattern = -1;
  while (at < text.length) {
    const sign = pattern[inPattern];
    const escaped = sign === '\\' && inPattern + 1 < pattern.length;
    const wanted = escaped ? pattern[inPattern + 1] : sign;
    if (sign === '%') {
      retryPattern = ++inPattern;
      retryAt = at;
    } else if ((!escaped && sign === '_') || (sign !== undefined && wanted === text[at])) {
      inPattern += escaped ? 2 : 1;
      at++;
    } else if (retryPattern >= 0) {
      inPattern = retryPattern;
      at = ++retryAt;
    } else return false;
  }
  while (pattern[inPattern] === '%') inPattern++;
  return inPattern === pattern.length;
}
