import pg from 'pg';
import { Failure } from '#base/failure.ts';

/** An answer of the server, in contrast to a connection that broke. */
export const isDatabaseError = (error: unknown): error is pg.DatabaseError => error instanceof pg.DatabaseError;

/**
 * Classes and codes of SQLSTATE (PostgreSQL, appendix A) after which nothing can be kept, whatever the statement:
 * connection, transaction given up, resources (a full disk), operator, system, configuration, internal error, and a
 * server that only reads.
 */
const STORE_STATES = /^(08|40|53|57|58|F0|XX|25006|55P03)/;

/** Whose fault it is: the store's, a constraint's ('conflict'), or the statement's (an error as it is). */
export function explain(error: unknown): Error {
  if (error instanceof Failure) return error;
  if (!isDatabaseError(error) || STORE_STATES.test(error.code ?? '')) return toFailure(error);
  if (error.code?.startsWith('23')) return new Failure('conflict', error.message, { cause: error });
  return new Error(error.message, { cause: error });
}

export function toFailure(error: unknown): Failure {
  if (error instanceof Failure) return error;
  // Several addresses of one name that all refuse come without a message of their own.
  const { message, code } = error as Error & { code?: string };
  const reason = message || code || 'no connection';
  return new Failure('store-failing', `PostgreSQL: ${reason}`, { cause: error });
}
