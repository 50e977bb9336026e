/** What a server's reference id says, as numbers and as people read it (RFC 5905 §7.3). */
import { createHash } from 'node:crypto';
import { isIPv4 } from 'node:net';

/** The reference id of a server that has its time from this address. */
export function referenceIdOf(address: string): number {
  if (isIPv4(address)) return fromBytes(address.split('.').map(Number));
  return fromBytes([...createHash('md5').update(ipv6Bytes(address)).digest().subarray(0, 4)]);
}

/** Four letters or fewer as a reference id: 'LOCL', 'RATE'. */
export function referenceIdOfText(text: string): number {
  return fromBytes([...Buffer.from(text.padEnd(4, '\0'), 'latin1').subarray(0, 4)]);
}

/** The letters of a reference id; undefined where it has others than RFC 5905's printable ones. */
export function textOf(referenceId: number): string | undefined {
  const text = String.fromCharCode(...toBytes(referenceId)).replace(/\0+$/, '');
  return /^[\x21-\x7e]{1,4}$/.test(text) ? text : undefined;
}

/** As `ntpq -p` shows it: `.GPS.` of a reference clock, `LOCAL(0)` of a clock driver, else an address. */
export function showReferenceId(referenceId: number, stratum: number): string {
  const bytes = toBytes(referenceId);
  if (stratum <= 1 || stratum >= 16) return `.${textOf(referenceId) ?? ''}.`;
  const [a, b, type, unit] = bytes;
  if (a === 127 && b === 127) return type === 1 ? `LOCAL(${unit})` : `REFCLK(${type},${unit})`;
  return bytes.join('.');
}

function fromBytes(bytes: readonly number[]): number {
  return bytes.reduce((sum, byte) => sum * 256 + byte, 0);
}

function toBytes(referenceId: number): number[] {
  return [24, 16, 8, 0].map((shift) => (referenceId >>> shift) & 255);
}

/** The 16 bytes of an IPv6 address; the name of an interface behind it is left away. */
function ipv6Bytes(address: string): Uint8Array {
  const plain = address.replace(/%.*$/, '').replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_, a, b, c, d) => {
    const pair = (high: string, low: string) => (Number(high) * 256 + Number(low)).toString(16);
    return `${pair(a, b)}:${pair(c, d)}`;
  });
  const [before = '', after] = plain.split('::');
  const words = (part: string) => (part === '' ? [] : part.split(':').map((word) => Number.parseInt(word, 16)));
  const [left, right] = [words(before), words(after ?? '')];
  const all = [...left, ...Array<number>(Math.max(0, 8 - left.length - right.length)).fill(0), ...right];
  return Uint8Array.from(all.flatMap((word) => [word >> 8, word & 255]));
}
