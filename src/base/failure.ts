/**
 * What can go wrong in the middle, without a word about any wire. Each edge has one table from these kinds to its own
 * errors (`xmpp/failures.ts`), typed so that a new kind does not compile until it has an answer there.
 */
export type FailureKind =
  | 'malformed'
  | 'conflict'
  | 'not-found'
  | 'not-acceptable'
  | 'forbidden'
  | 'blocked'
  | 'over-limit'
  | 'unavailable'
  | 'store-failing';

/** @param message one sentence, for the log and for the person who asked */
export class Failure extends Error {
  readonly kind: FailureKind;

  constructor(kind: FailureKind, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'Failure';
    this.kind = kind;
  }
}
