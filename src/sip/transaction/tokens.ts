import { randomBytes } from 'node:crypto';

/** 72 bits: nobody guesses one, and none comes twice. */
export const TOKEN_LENGTH = 12;
const TOKENS_AT_ONCE = 512;

let pool = '';
let at = 0;

/**
 * A token of letters, digits, '-' and '_' for branches and tags (RFC 3261 §19.3). Who has seen any number of them cannot
 * tell the next: knowing a branch proves that one has seen the request.
 */
export function token(): string {
  if (at >= pool.length) {
    pool = randomBytes((TOKENS_AT_ONCE * TOKEN_LENGTH * 3) / 4).toString('base64url');
    at = 0;
  }
  at += TOKEN_LENGTH;
  return pool.slice(at - TOKEN_LENGTH, at);
}
