import type { Clock } from '#base/clock.ts';
import type { Flusher } from '#base/flusher.ts';
import type { Log } from '#base/log.ts';
import type { Values } from '#base/settings.ts';
import type { Malformed } from '../wire/malformed.ts';
import type { SipRequest, SipResponse } from '../wire/message.ts';
import type { TransportFigures } from './figures.ts';
import type { Flow } from './flow.ts';
import type { LocalAddresses } from './local-addresses.ts';
import type { sipLimits, sipListeners } from './settings.ts';

/** Who takes what has come. */
export interface MessageTaker {
  onMessage(message: SipRequest | SipResponse, flow: Flow): void;
  /** @param bytes how long it was */
  onMalformed(malformed: Malformed, flow: Flow, bytes: number): void;
}

/** What all transports of a server share. */
export interface TransportContext extends MessageTaker {
  readonly listeners: Values<typeof sipListeners.shape>;
  readonly limits: Values<typeof sipLimits.shape>;
  readonly log: Log;
  readonly clock: Clock;
  readonly figures: TransportFigures;
  readonly flusher: Flusher;
  readonly local: LocalAddresses;
  /** Where we listen, for our Via: 0 where we do not. */
  readonly ports: { readonly sip: number; readonly tls: number };
}
