/** What a time server answers (RFC 5905 §9 server mode, RFC 4330 §6). Pure; an answer is never longer than its request. */
import { toTimestamp } from './ntp-timestamp.ts';
import { LEAP_UNKNOWN, MODE, type Packet, readPacket, STRATUM_UNSYNCHRONISED, writePacket } from './packet.ts';
import { referenceIdOfText } from './reference-id.ts';
import { PRECISION } from './wall-clock.ts';

/** How good the own clock is. */
export interface Standing {
  readonly leap: number;
  /** 16: there is no time to give. */
  readonly stratum: number;
  readonly referenceId: number;
  /** When the clock was last compared: epoch milliseconds. */
  readonly referenceAt: number;
  readonly rootDelayMs: number;
  readonly rootDispersionMs: number;
}

/** The code of RFC 5905 figure 13 for a clock that has not been synchronised. */
export const UNSYNCHRONISED: Standing = {
  leap: LEAP_UNKNOWN,
  stratum: STRATUM_UNSYNCHRONISED,
  referenceId: referenceIdOfText('INIT'),
  referenceAt: Number.NaN,
  rootDelayMs: 0,
  rootDispersionMs: 0,
};

/**
 * The request in a datagram; undefined for all that is not answered. Only clients are: to answer servers, peers and
 * broadcasts would let two servers talk for ever, and modes 6 and 7 answer more than they are asked.
 */
export function readRequest(bytes: Uint8Array): Packet | undefined {
  const packet = readPacket(bytes);
  return packet?.mode === MODE.client && packet.version >= 1 && packet.version <= 4 ? packet : undefined;
}

/** @param receivedAt, sentAt epoch milliseconds, with a fraction */
export function writeAnswer(request: Packet, standing: Standing, receivedAt: number, sentAt: number): Uint8Array {
  const { stratum, leap, referenceId, referenceAt, rootDelayMs, rootDispersionMs } = standing;
  return writePacket({
    leap,
    version: request.version,
    mode: MODE.server,
    stratum: stratum >= STRATUM_UNSYNCHRONISED ? 0 : stratum,
    poll: request.poll,
    precision: PRECISION,
    rootDelaySeconds: rootDelayMs / 1000,
    rootDispersionSeconds: rootDispersionMs / 1000,
    referenceId,
    reference: Number.isNaN(referenceAt) ? 0n : toTimestamp(referenceAt),
    origin: request.transmit,
    receive: toTimestamp(receivedAt),
    transmit: toTimestamp(sentAt),
  });
}

/** Asks to be left in peace for longer (RFC 5905 §7.4). */
export function writeRateKiss(request: Packet): Uint8Array {
  return writePacket({
    ...request,
    leap: LEAP_UNKNOWN,
    mode: MODE.server,
    stratum: 0,
    precision: PRECISION,
    rootDelaySeconds: 0,
    rootDispersionSeconds: 0,
    referenceId: referenceIdOfText('RATE'),
    reference: 0n,
    origin: request.transmit,
    receive: request.transmit,
    transmit: request.transmit,
  });
}
