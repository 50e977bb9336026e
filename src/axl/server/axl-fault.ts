/** What went wrong, as a SOAP fault (SOAP 1.1 §4.4) with AXL's number, or as a status of HTTP. */

import { Failure, type FailureKind } from '#base/failure.ts';
import { DirectoryError } from '#directory/directory-error.ts';
import type { Fault } from '../wire/envelope.ts';
import { SqlError } from './sql/sql-error.ts';

/** A refusal with AXL's own number. */
export class AxlError extends Failure {
  readonly code: number;

  /** @param code as `axlcode` has it */
  constructor(code: number, message: string) {
    super('malformed', message);
    this.code = code;
  }
}

export const unknownError = (id: string) => new AxlError(5000, `Unknown error; the log of the server has it as ${id}`);

/** An operation of the schema that is not carried out here. */
export const unknownRequest = (operation: string) =>
  new AxlError(5002, `Unknown request ${operation}: this directory does not carry it out`);

export const badValue = (message: string) => new AxlError(5003, message);

export const notValid = (message: string) => new AxlError(5004, message);

export const noSuchItem = (what: string) => new AxlError(5007, `Item not valid: The specified ${what} was not found`);

/** The text that clients take their numbers from. */
export const tooLarge = (matched: number, fetch: number) =>
  new AxlError(
    5003,
    `Query request too large. Total rows matched: ${matched} rows. Suggested row fetch: less than ${fetch} rows`,
  );

/** An operation that no schema has: the layer below AXL answers, without a number of AXL's. */
export function noOperation(path: string, operation: string): Fault {
  const target = `${path} and the operation ${operation}`;
  return {
    faultCode: 'axis2ns1:Client',
    text: `The endpoint reference (EPR) for the Operation not found is ${target}`,
    axlCode: undefined,
    request: undefined,
  };
}

/** @returns undefined for what is no refusal of a request but a fault of ours */
export function faultOf(error: unknown, request: string): Fault | undefined {
  if (error instanceof DirectoryError || error instanceof SqlError || error instanceof AxlError) {
    const faultCode = error.code < 5000 ? 'Client' : 'Server';
    return { faultCode, text: error.message, axlCode: error.code, request };
  }
  if (!(error instanceof Failure)) return undefined;
  return { faultCode: 'Server', text: error.message, axlCode: CODES[error.kind], request };
}

const CODES: Record<FailureKind, number> = {
  malformed: 5003,
  conflict: -239,
  'not-found': 5007,
  'not-acceptable': 5003,
  forbidden: 5003,
  blocked: 5003,
  'over-limit': 5003,
  unavailable: 5000,
  'store-failing': 5000,
};
