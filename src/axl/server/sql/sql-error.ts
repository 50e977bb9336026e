import { Failure } from '#base/failure.ts';

/** A refusal in the database's own words and numbers, which clients look at. */
export class SqlError extends Failure {
  readonly code: number;

  constructor(code: number, message: string) {
    super('malformed', message);
    this.code = code;
  }
}

export const syntaxError = () => new SqlError(-201, 'A syntax error has occurred.');

export const unknownTable = (name: string) =>
  new SqlError(-206, `The specified table (${name}) is not in the database.`);

export const unknownColumn = (name: string) =>
  new SqlError(-217, `Column (${name}) not found in any table in the query (or SLV is undefined).`);

export const ambiguousColumn = (name: string) => new SqlError(-324, `Ambiguous column (${name}).`);

export const noUpdate = (name: string) => new SqlError(-273, `No UPDATE permission for ${name}.`);

/** A query that would take more memory than one may have. */
export const tooMuch = () =>
  new SqlError(-229, 'Query request too large. Narrow it by a condition, or use SKIP and FIRST.');
