/** Percent-escapes of URIs, in byte strings (RFC 3261 §19.1.2, RFC 3986 §2.1). */

/** Every escape becomes its byte. What is no escape stays. */
export function decodeEscapes(bytes: string): string {
  if (!bytes.includes('%')) return bytes;
  return bytes.replace(/%([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}

/** What may stand as it is in the user part of a URI: `unreserved` and `user-unreserved`. */
const NOT_IN_USER = /[^A-Za-z0-9\-_.!~*'()&=+$,;?/]/g;
/** `unreserved` and `param-unreserved`. */
const NOT_IN_PARAM = /[^A-Za-z0-9\-_.!~*'()[\]/:&+$]/g;

export function encodeUser(bytes: string): string {
  return bytes.replace(NOT_IN_USER, escaped);
}

export function encodeParam(bytes: string): string {
  return bytes.replace(NOT_IN_PARAM, escaped);
}

function escaped(byte: string): string {
  return `%${byte.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`;
}

/** RFC 3261 §19.1.4: an escape is the same as its character, but for the reserved ones. One spelling of the same. */
export function normalizeEscapes(bytes: string): string {
  if (!bytes.includes('%')) return bytes;
  return bytes.replace(/%([0-9A-Fa-f]{2})/g, (found, hex: string) => {
    const char = String.fromCharCode(Number.parseInt(hex, 16));
    return RESERVED.includes(char) ? found.toUpperCase() : char;
  });
}

/** With '%', which begins an escape when it stands for itself. */
const RESERVED = ';/?:@&=+$,%';
