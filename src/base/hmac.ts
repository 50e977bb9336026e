import { createHmac } from 'node:crypto';

/**
 * HMAC (RFC 2104) of a text in UTF-8. The key goes in as a string of bytes: Node looks five times longer for what kind
 * of key a buffer might be than it then computes.
 */
export function hmac(hash: string, key: Uint8Array, text: string): Buffer {
  const bytes = Buffer.from(key.buffer, key.byteOffset, key.byteLength);
  return createHmac(hash, bytes.toString('latin1'), { encoding: 'latin1' }).update(text).digest();
}
