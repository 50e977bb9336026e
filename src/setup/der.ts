/** Writes ASN.1 in its distinguished encoding (X.690), as far as a certificate needs it. */

/** One value: its tag, its length, its content. */
export function tagged(tag: number, ...content: Uint8Array[]): Buffer {
  const body = Buffer.concat(content);
  return Buffer.concat([Buffer.from([tag]), lengthOf(body.length), body]);
}

export const sequence = (...items: Uint8Array[]) => tagged(0x30, ...items);
export const set = (...items: Uint8Array[]) => tagged(0x31, ...items);
export const octets = (content: Uint8Array) => tagged(0x04, content);
export const utf8 = (text: string) => tagged(0x0c, Buffer.from(text));
export const boolean = (value: boolean) => tagged(0x01, Buffer.from([value ? 0xff : 0]));
/** @param tag of the context: 0, 1, 2 ... */
export const explicit = (tag: number, ...items: Uint8Array[]) => tagged(0xa0 | tag, ...items);
/** @param unused bits at the end of the last byte */
export const bits = (content: Uint8Array, unused = 0) => tagged(0x03, Buffer.from([unused]), content);

/** An integer that is not negative, from its bytes. */
export function unsigned(bytes: Uint8Array): Buffer {
  const from = bytes.findIndex((byte) => byte !== 0);
  const short = from === -1 ? Buffer.from([0]) : Buffer.from(bytes.subarray(from));
  return tagged(0x02, ...(short[0]! >= 0x80 ? [Buffer.from([0]), short] : [short]));
}

/** @param dotted `1.2.840.10045.4.3.2` */
export function oid(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  return tagged(0x06, Buffer.from([first * 40 + second, ...rest.flatMap(base128)]));
}

/** RFC 5280 §4.1.2.5: years before 2050 in two digits, later ones in four. */
export function time(at: number): Buffer {
  const digits = new Date(at).toISOString().replace(/[-:T]|\.\d+/g, '');
  return digits < '2050' ? tagged(0x17, Buffer.from(digits.slice(2))) : tagged(0x18, Buffer.from(digits));
}

function lengthOf(length: number): Buffer {
  if (length < 0x80) return Buffer.from([length]);
  const hex = length.toString(16);
  const bytes = Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex');
  return Buffer.concat([Buffer.from([0x80 | bytes.length]), bytes]);
}

function base128(number: number): number[] {
  const bytes = [number & 0x7f];
  for (let rest = number >>> 7; rest > 0; rest >>>= 7) bytes.unshift((rest & 0x7f) | 0x80);
  return bytes;
}
