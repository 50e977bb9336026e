/** Asks one server once, over UDP, from a port of its own that takes datagrams from nobody else. */
import { randomBytes } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import type { Clock } from '#base/clock.ts';
import { type Reading, readAnswer, writeRequest } from './answer.ts';
import type { WallClock } from './wall-clock.ts';

export interface ExchangeOptions {
  timeoutMs: number;
  clock: Clock;
  wall: WallClock;
  /** Ends it early, as if no answer had come. */
  signal?: AbortSignal;
}

export type Outcome = Exclude<Reading, { kind: 'ignored' }> | { readonly kind: 'silence'; readonly why: string };

/** What the system says of a way that leads nowhere. */
const CAUSES: Record<string, string> = {
  ECONNREFUSED: 'nothing listens there (port unreachable)',
  EHOSTUNREACH: 'there is no way to that host',
  ENETUNREACH: 'there is no way to that network',
  EACCES: 'the system does not let this program send there',
};

/** Never fails: what goes wrong is an outcome. @param address an IP address */
export function exchange(address: string, port: number, options: ExchangeOptions): Promise<Outcome> {
  const { timeoutMs, clock, wall, signal } = options;
  return new Promise((resolve) => {
    const socket = createSocket({ type: isIPv6(address) ? 'udp6' : 'udp4' });
    const nonce = randomBytes(8).readBigUInt64BE() | 1n;
    let sentAt = 0;
    let ignored = '';
    let isOver = false;
    const end = (outcome: Outcome) => {
      if (isOver) return;
      isOver = true;
      stopTimer();
      signal?.removeEventListener('abort', giveUp);
      socket.close();
      resolve(outcome);
    };
    const silence = (why: string) => end({ kind: 'silence', why });
    const giveUp = () => silence(`no answer within ${timeoutMs / 1000} s${ignored && ` (but ${ignored})`}`);
    const stopTimer = clock.after(timeoutMs, giveUp);
    signal?.addEventListener('abort', giveUp);
    socket.on('error', (error) => silence(causeOf(error)));
    socket.on('message', (bytes) => {
      const reading = readAnswer(bytes, { nonce, sentAt }, wall());
      if (reading.kind === 'ignored') ignored = `a datagram that is ignored: ${reading.why}`;
      else end(reading);
    });
    // A connected socket: the system drops what comes from any other address or port.
    socket.connect(port, address, () => {
      if (isOver) return;
      sentAt = wall();
      socket.send(writeRequest(nonce));
    });
  });
}

function causeOf(error: Error): string {
  const { code = '', message } = error as NodeJS.ErrnoException;
  return CAUSES[code] ?? message;
}
