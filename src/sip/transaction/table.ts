import type { Log } from '#base/log.ts';
import type { Counter, Family } from '#base/metrics.ts';
import type { Flow } from '../transport/flow.ts';
import type { SipRequest } from '../wire/message.ts';
import type { Timers } from './timers.ts';

/** What transactions need of the table that finds them. */
export interface Table {
  readonly timers: Timers;
  readonly log: Log;
  readonly counts: Counts;
  /** Sends a response the way that its request came. @param failed nothing could be sent, now or a little later */
  reply(request: SipRequest, flow: Flow, text: string, failed: () => void): void;
  /** An ACK to a 2xx, for whoever takes ACKs. */
  passAck(request: SipRequest, flow: Flow): void;
}

export interface Counts {
  readonly dropped: Family<Counter>;
  readonly retransmissions: Family<Counter>;
  readonly timeouts: Family<Counter>;
}
