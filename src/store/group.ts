import { Failure } from '#base/failure.ts';
import { Commit, type Value, type WriteResult } from './database.ts';
import { countPlaceholders } from './placeholders.ts';

/** What became of one unit (one call of `write`) of a group that was committed. */
export type UnitOutcome = { results: WriteResult[] } | { error: Error };

/** Who waits for a unit. */
interface Unit {
  resolve(results: WriteResult[]): void;
  reject(error: Error): void;
}

/** How a driver names a statement in a group: by its text, or by a number that it has agreed on with its thread. */
export type StatementCode = string | number;

/**
 * The writes that travel together, in the order of the calls, as one flat list: it crosses to another thread at a
 * third of a microsecond a row (see bench/store/encodings.ts). It reads as
 *
 *     code, number of values, value, value, ...            for a row of `append`
 *     -3, then three statements of the same form           for a unit of three statements
 */
export class Group {
  readonly commit = new Commit();
  readonly list: Value[] = [];
  readonly units: Unit[] = [];
  /** Characters and bytes, for the limits. */
  size = 0;

  /** A row of `append`, or a statement of a unit. Flat, and without a closure: this is the hottest line of the store. */
  add(code: StatementCode, values: readonly Value[]): void {
    const list = this.list;
    list.push(code, values.length);
    for (let i = 0; i < values.length; i++) list.push(values[i]!);
  }

  addUnit(statements: readonly { code: StatementCode; values: readonly Value[] }[], unit: Unit): void {
    this.units.push(unit);
    this.list.push(-statements.length);
    for (const { code, values } of statements) this.add(code, values);
  }

  settle(outcomes: readonly UnitOutcome[]): void {
    this.commit.settle();
    for (let i = 0; i < outcomes.length; i++) {
      const outcome = outcomes[i]!;
      if ('error' in outcome) this.units[i]!.reject(outcome.error);
      else this.units[i]!.resolve(outcome.results);
    }
  }

  /** A unit is told that it was not kept, never of a conflict that was another's. */
  fail(error: Error): void {
    this.commit.settle(error);
    if (this.units.length === 0) return;
    const failing = error instanceof Failure && error.kind === 'store-failing';
    const told = failing ? error : new Failure('store-failing', `a write of the same group failed: ${error.message}`);
    for (const unit of this.units) unit.reject(told);
  }
}

/** Calls back for each row and each unit of a group's list, in order. */
export function readGroup(
  list: readonly Value[],
  row: (code: StatementCode, values: Value[]) => void,
  unit: (statements: { code: StatementCode; values: Value[] }[]) => void,
): void {
  let at = 0;
  const statement = () => {
    const code = list[at] as StatementCode;
    const from = at + 2;
    at = from + (list[at + 1] as number);
    return { code, values: list.slice(from, at) };
  };
  while (at < list.length) {
    const head = list[at] as StatementCode;
    if (typeof head === 'number' && head < 0) {
      at++;
      unit(Array.from({ length: -head }, statement));
    } else {
      const { code, values } = statement();
      row(code, values);
    }
  }
}

/**
 * What a statement's values weigh, in characters and bytes, having looked at each: a wrong one is told to who brought
 * it, before it can spoil the group of others.
 * @throws {Failure} 'malformed' for a text that PostgreSQL cannot keep; TypeError for values that the SQL does not take
 */
export function sizeOf(sql: string, values: readonly Value[]): number {
  if (values.length !== countPlaceholders(sql)) {
    throw new TypeError(`${values.length} values for ${countPlaceholders(sql)} placeholders: ${sql}`);
  }
  let size = 32;
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    if (typeof value === 'string') {
      if (value.includes('\0')) throw new Failure('malformed', 'a text with U+0000 cannot be kept');
      size += value.length;
    } else if (typeof value === 'number') {
      if (!Number.isSafeInteger(value)) throw new TypeError(`${value} is no safe integer: ${sql}`);
    } else if (value instanceof Uint8Array) size += value.length;
    else if (value !== null) throw new TypeError(`a ${typeof value} is not a value of SQL: ${sql}`);
  }
  return size;
}
