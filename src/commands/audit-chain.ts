/** The form of the audit log: rows that each hold a hash over themselves and the row before, and signed checkpoints. */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';

/**
 * - 'begun': a command that changes something is about to run; 'done' or 'failed' says how it ended, in a row of its own
 * - 'refused': it did not run: the caller may not, or the input was wrong
 */
export type RowOutcome = 'begun' | 'done' | 'failed' | 'refused';

export interface AuditRow {
  /** 1, 2, 3, ... without gaps. */
  readonly id: number;
  /** Epoch milliseconds. */
  readonly at: number;
  /** Of a row that says how a command ended: the row that says that it began; else 0. */
  readonly begins: number;
  readonly caller: string;
  readonly face: string;
  readonly command: string;
  /** What or whom it is about; '' for nothing in particular. */
  readonly subject: string;
  readonly outcome: RowOutcome;
  /** Why it failed or was refused; '' else. */
  readonly detail: string;
}

export const HASH_BYTES = 32;
/** What the first row is chained to. */
export const ORIGIN: Uint8Array = new Uint8Array(HASH_BYTES);

/** SHA-256 over the hash of the row before and the row, which is written as a JSON array. */
export function hashRow(before: Uint8Array, row: AuditRow): Buffer {
  const { id, at, begins, caller, face, command, subject, outcome, detail } = row;
  const text = JSON.stringify([id, at, begins, caller, face, command, subject, outcome, detail]);
  return createHash('sha256').update(before).update(text).digest();
}

/** Says that the rows up to one were taken out by the server itself, and which hash the last of them had. */
export interface Checkpoint {
  readonly rowId: number;
  /** When they were taken out, epoch milliseconds. */
  readonly at: number;
  readonly hash: Uint8Array;
  readonly signature: Uint8Array;
}

/** @param secret known to this server alone and the same at every start */
export function signCheckpoint(secret: Uint8Array, { rowId, at, hash }: Omit<Checkpoint, 'signature'>): Buffer {
  const text = JSON.stringify(['audit checkpoint', rowId, at, Buffer.from(hash).toString('hex')]);
  return createHmac('sha256', secret).update(text).digest();
}

export function isSigned(secret: Uint8Array, checkpoint: Checkpoint): boolean {
  return isSame(signCheckpoint(secret, checkpoint), checkpoint.signature);
}

export function isSame(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}
