import type { Counter, Family, Metrics } from '#base/metrics.ts';

/** What the transports count. */
export interface TransportFigures {
  readonly received: Family<Counter>;
  readonly sent: Family<Counter>;
  readonly malformed: Family<Counter>;
  readonly refused: Family<Counter>;
  readonly connects: Family<Counter>;
}

export function transportFigures(metrics: Metrics): TransportFigures {
  return {
    received: metrics.counters('rollcall_sip_messages_received_total', 'SIP messages received.', 'transport'),
    sent: metrics.counters('rollcall_sip_messages_sent_total', 'SIP messages sent.', 'transport'),
    malformed: metrics.counters('rollcall_sip_transport_malformed_total', 'What was no SIP message.', 'transport'),
    refused: metrics.counters('rollcall_sip_transport_refused_total', 'Connections and datagrams refused.', 'reason'),
    connects: metrics.counters('rollcall_sip_connects_total', 'Connections opened to others.', 'outcome'),
  };
}
