/**
 * Reads base64 strictly: no white space, no other alphabet, padding where it belongs and no stray bits before it.
 * @returns undefined when the text is anything else
 * @see RFC 4648 §4, §3.5
 */
export function decodeBase64(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64');
  return bytes.toString('base64') === text ? bytes : undefined;
}
