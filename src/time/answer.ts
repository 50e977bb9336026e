/** What a client asks, and what it makes of an answer (RFC 5905 §8 and §9, RFC 4330 §5). Pure. */
import { fromTimestamp } from './ntp-timestamp.ts';
import { LEAP_UNKNOWN, MODE, type Packet, readPacket, STRATUM_UNSYNCHRONISED, writePacket } from './packet.ts';
import { showReferenceId, textOf } from './reference-id.ts';
import { PRECISION_MS } from './wall-clock.ts';

/** By how much a clock may run wrong: 15 ppm (PHI of RFC 5905). */
export const FREQUENCY_TOLERANCE = 15e-6;
/** A server that is farther from the reference clock than this has no time to give (MAXDISP of RFC 5905). */
const MAX_ROOT_DISTANCE_MS = 16_000;

/** What was sent, kept until its answer is there. */
export interface Request {
  /** Random, and sent as the transmit timestamp, so that only who saw the request can answer it. */
  readonly nonce: bigint;
  /** Epoch milliseconds, with a fraction. */
  readonly sentAt: number;
}

/** One measurement of the clock against a server's. */
export interface Sample {
  /** What has to be added to the own clock. */
  readonly offsetMs: number;
  readonly delayMs: number;
  readonly dispersionMs: number;
  /** Epoch milliseconds. */
  readonly at: number;
}

/** What a server says of itself. */
export interface ServerClock {
  readonly leap: number;
  readonly version: number;
  readonly stratum: number;
  readonly referenceId: number;
  readonly rootDelayMs: number;
  readonly rootDispersionMs: number;
}

export type Reading =
  | { readonly kind: 'time'; readonly sample: Sample; readonly server: ServerClock }
  /** It refuses (RFC 5905 §7.4). */
  | { readonly kind: 'kiss'; readonly code: 'RATE' | 'DENY' | 'RSTR' }
  /** It answers, and has no time to give. */
  | { readonly kind: 'unsynchronised'; readonly why: string; readonly stratum: number }
  /** No answer to what was asked: the true one may still come. */
  | { readonly kind: 'ignored'; readonly why: string };

/** A request that tells nothing of who asks but that it speaks NTP 4. @param nonce 64 random bits, not 0 */
export function writeRequest(nonce: bigint): Uint8Array {
  return writePacket({
    leap: 0,
    version: 4,
    mode: MODE.client,
    stratum: 0,
    poll: 0,
    precision: 32,
    rootDelaySeconds: 0,
    rootDispersionSeconds: 0,
    referenceId: 0,
    reference: 0n,
    origin: 0n,
    receive: 0n,
    transmit: nonce,
  });
}

/** @param receivedAt epoch milliseconds, with a fraction */
export function readAnswer(bytes: Uint8Array, request: Request, receivedAt: number): Reading {
  const packet = readPacket(bytes);
  if (packet === undefined) return { kind: 'ignored', why: `${bytes.length} bytes are no NTP packet` };
  if (packet.mode !== MODE.server) return { kind: 'ignored', why: `mode ${packet.mode} is no answer` };
  if (packet.version < 1 || packet.version > 4) return { kind: 'ignored', why: `version ${packet.version}` };
  if (packet.origin !== request.nonce) return { kind: 'ignored', why: 'it answers something else' };
  return refusal(packet) ?? measure(packet, request, receivedAt);
}

function refusal(packet: Packet): Reading | undefined {
  const { leap, stratum, rootDelaySeconds, rootDispersionSeconds } = packet;
  const unsynchronised = (why: string): Reading => ({
    kind: 'unsynchronised',
    why,
    stratum: stratum === 0 ? STRATUM_UNSYNCHRONISED : stratum,
  });
  const code = stratum === 0 ? textOf(packet.referenceId) : undefined;
  if (code === 'RATE' || code === 'DENY' || code === 'RSTR') return { kind: 'kiss', code };
  if (code !== undefined) return unsynchronised(`it is not synchronised (${code})`);
  if (stratum === 0 || stratum >= STRATUM_UNSYNCHRONISED) return unsynchronised(`it has stratum ${stratum}`);
  if (leap === LEAP_UNKNOWN) return unsynchronised('its leap indicator says that it is not synchronised');
  if (packet.transmit === 0n || packet.receive === 0n) return unsynchronised('its answer holds no time');
  const distanceMs = (rootDelaySeconds / 2 + rootDispersionSeconds) * 1000;
  if (distanceMs >= MAX_ROOT_DISTANCE_MS) {
    return unsynchronised(`it may be wrong by ${(distanceMs / 1000).toFixed(1)} s, by its own account`);
  }
  return undefined;
}

/** RFC 5905 §8: offset and delay of the four timestamps. */
function measure(packet: Packet, { sentAt }: Request, receivedAt: number): Reading {
  const arrivedThereAt = fromTimestamp(packet.receive, sentAt);
  const leftThereAt = fromTimestamp(packet.transmit, sentAt);
  if (leftThereAt < arrivedThereAt) {
    return { kind: 'unsynchronised', why: 'its clock ran backwards while it answered', stratum: packet.stratum };
  }
  const elapsedMs = receivedAt - sentAt;
  const theirPrecisionMs = 1000 * 2 ** Math.min(packet.precision, 0);
  return {
    kind: 'time',
    sample: {
      offsetMs: (arrivedThereAt - sentAt + (leftThereAt - receivedAt)) / 2,
      delayMs: Math.max(elapsedMs - (leftThereAt - arrivedThereAt), PRECISION_MS),
      dispersionMs: theirPrecisionMs + PRECISION_MS + FREQUENCY_TOLERANCE * Math.max(elapsedMs, 0),
      at: receivedAt,
    },
    server: {
      leap: packet.leap,
      version: packet.version,
      stratum: packet.stratum,
      referenceId: packet.referenceId,
      rootDelayMs: packet.rootDelaySeconds * 1000,
      rootDispersionMs: packet.rootDispersionSeconds * 1000,
    },
  };
}

/** 'stratum 3, from 10.1.2.3'. */
export function describeServer({ stratum, referenceId }: ServerClock): string {
  return `stratum ${stratum}, from ${showReferenceId(referenceId, stratum)}`;
}
