/** Passwords that the server makes up: easy to read out and to type, too many to be guessed. */
import { createHmac, randomBytes } from 'node:crypto';

/** No letter or digit that looks like another. 32 of them, so that each carries five bits. */
const LETTERS = 'abcdefghijkmnpqrstuvwxyz23456789';
const GROUPS = 4;
const GROUP_LENGTH = 4;
const BYTES = GROUPS * GROUP_LENGTH;

/** Four groups of four, 80 bits. */
export function newPassword(): string {
  return spell(randomBytes(BYTES));
}

/** The password of a person of the demo: the same at each start of one server, and known to it alone. */
export function demoPassword(secret: Uint8Array, name: string): string {
  return spell(createHmac('sha256', secret).update(`demo ${name}`).digest().subarray(0, BYTES));
}

function spell(bytes: Uint8Array): string {
  const letters = [...bytes].map((byte) => LETTERS[byte % LETTERS.length]).join('');
  return letters.match(new RegExp(`.{${GROUP_LENGTH}}`, 'g'))!.join('-');
}
