/** An NTP packet: its header of 48 bytes (RFC 5905 §7.3). Extension fields and authentication after it are not read. */
import { fromShort, toShort } from './ntp-timestamp.ts';

export const HEADER_BYTES = 48;

export const MODE = { client: 3, server: 4 } as const;

/** The leap indicator that says: the clock is not synchronised. */
export const LEAP_UNKNOWN = 3;

/** From here on a server has no time to give. On the wire it is 0 (RFC 5905 §7.3). */
export const STRATUM_UNSYNCHRONISED = 16;

export interface Packet {
  /** 0 none, 1 and 2 the last minute of the day is longer or shorter, 3 not synchronised. */
  readonly leap: number;
  /** 1 to 4 are in use. */
  readonly version: number;
  readonly mode: number;
  /** 0 a kiss code or not synchronised, 1 has a reference clock, 2 to 15 has it from a server. */
  readonly stratum: number;
  /** Of the longest interval between polls, the logarithm to base 2, in seconds. */
  readonly poll: number;
  /** Of the clock's resolution, the logarithm to base 2, in seconds. */
  readonly precision: number;
  /** The round trip to the reference clock. */
  readonly rootDelaySeconds: number;
  /** The largest error relative to the reference clock. */
  readonly rootDispersionSeconds: number;
  /** Four letters at strata 0 and 1; then the source's IPv4 address, or the beginning of the MD5 of its IPv6 address. */
  readonly referenceId: number;
  /** When the clock was last set, as a timestamp; so are the next three, and 0 means none. */
  readonly reference: bigint;
  /** What the request had in `transmit`. */
  readonly origin: bigint;
  readonly receive: bigint;
  readonly transmit: bigint;
}

/** @returns undefined for what is too short to be one */
export function readPacket(bytes: Uint8Array): Packet | undefined {
  if (bytes.length < HEADER_BYTES) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, HEADER_BYTES);
  const first = view.getUint8(0);
  return {
    leap: first >> 6,
    version: (first >> 3) & 7,
    mode: first & 7,
    stratum: view.getUint8(1),
    poll: view.getInt8(2),
    precision: view.getInt8(3),
    rootDelaySeconds: fromShort(view.getUint32(4)),
    rootDispersionSeconds: fromShort(view.getUint32(8)),
    referenceId: view.getUint32(12),
    reference: view.getBigUint64(16),
    origin: view.getBigUint64(24),
    receive: view.getBigUint64(32),
    transmit: view.getBigUint64(40),
  };
}

export function writePacket(packet: Packet): Uint8Array {
  const bytes = new Uint8Array(HEADER_BYTES);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, (packet.leap << 6) | (packet.version << 3) | packet.mode);
  view.setUint8(1, packet.stratum);
  view.setInt8(2, packet.poll);
  view.setInt8(3, packet.precision);
  view.setUint32(4, toShort(packet.rootDelaySeconds));
  view.setUint32(8, toShort(packet.rootDispersionSeconds));
  view.setUint32(12, packet.referenceId);
  view.setBigUint64(16, packet.reference);
  view.setBigUint64(24, packet.origin);
  view.setBigUint64(32, packet.receive);
  view.setBigUint64(40, packet.transmit);
  return bytes;
}
