import { Failure, type FailureKind } from '#base/failure.ts';

/** Codes of faults. Below 5000 they are the database's own of a real Unified CM, from there on AXL's. */
export const codes = {
  unknownError: 5000,
  /** A value that cannot be, or one that is missing. */
  badValue: 5003,
  /** The named object does not exist. */
  noSuchItem: 5007,
  duplicate: -239,
  /** What is referred to does not exist. */
  missingReference: -691,
  stillReferenced: -692,
} as const;

/** @param code as an AXL fault has it */
export class DirectoryError extends Failure {
  readonly code: number;

  constructor(kind: FailureKind, code: number, message: string) {
    super(kind, message);
    this.name = 'DirectoryError';
    this.code = code;
  }
}

export function badValue(message: string): DirectoryError {
  return new DirectoryError('malformed', codes.badValue, message);
}

/** @param what a kind: `User` */
export function notFound(what: string): DirectoryError {
  return new DirectoryError('not-found', codes.noSuchItem, `Item not valid: The specified ${what} was not found`);
}

export function duplicate(what: string): DirectoryError {
  const start = 'Could not insert new row - duplicate value in a UNIQUE INDEX column (Unique Index:).';
  return new DirectoryError('conflict', codes.duplicate, `${start} ${what}`);
}

export function missingReference(what: string): DirectoryError {
  const start = 'Missing key in referenced table for referential constraint';
  return new DirectoryError('not-found', codes.missingReference, `${start} (${what}).`);
}

export function stillReferenced(what: string): DirectoryError {
  return new DirectoryError(
    'conflict',
    codes.stillReferenced,
    `Key value for constraint (${what}) is still being referenced.`,
  );
}
