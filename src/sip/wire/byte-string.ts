/** What people read, as UTF-8 in a byte string (see message.ts). Texts of ASCII alone, nearly all, are what they are. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: the whole of ASCII is meant
const ASCII = /^[\x00-\x7f]*$/;

export function writeText(text: string): string {
  return ASCII.test(text) ? text : Buffer.from(text, 'utf8').toString('latin1');
}

/** Bytes that are no UTF-8 become U+FFFD. */
export function readText(bytes: string): string {
  return ASCII.test(bytes) ? bytes : Buffer.from(bytes, 'latin1').toString('utf8');
}

/** The same text, without the request that it was cut out of: for what is kept. */
export function copy(bytes: string): string {
  return Buffer.from(bytes, 'latin1').toString('latin1');
}
