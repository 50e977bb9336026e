/**
 * The engine behind message, archive, presence and muc: senders whose stanzas each have to reach a known set of
 * receivers, run as a closed loop (a sender sends again when its stanza has reached all of them) or as an open loop (a
 * fixed rate, whatever comes back).
 */

import { type Usage, UsageMeter } from '../../lib/procfs.ts';
import type { XmppClient } from './client.ts';
import { DeliveryLedger, type LedgerVerdict } from './ledger.ts';
import type { Options } from './options.ts';
import { atRate, type Latency, latencyMs, microsHistogram, recordSince } from './pace.ts';
import { sleep } from './pool.ts';
import { makeToken, nowMicros, TokenScanner } from './token.ts';

/** How long all that was sent may take to arrive. */
export const DRAIN_LIMIT_MS = 30_000;
/** Time for the end of the last stanzas, and for copies that should not come. */
export const QUIET_MS = 500;

export interface FlowSpec {
  clients: XmppClient[];
  /** receivers[s]: the clients that each stanza of client s must reach; empty for one that does not send. */
  receivers: number[][];
  /** The stanza of a sender, given its tracer and sequence number. */
  render: (sender: number, token: string, seq: number) => string;
}

export interface FlowResult {
  usage: Usage;
  /** In the measured time. */
  sent: number;
  delivered: number;
  latencyMs: Latency;
  /** Open loop: how late the tool itself was. */
  sendLagMsP99: number;
  verdict: LedgerVerdict;
  errorsSeen: number;
  lostConnections: number;
  lastSent: (sender: number) => number;
}

export async function runFlow(spec: FlowSpec, options: Options): Promise<FlowResult> {
  const { clients, receivers, render } = spec;
  const ledger = new DeliveryLedger(receivers);
  const senders = clients.flatMap((client, index) => {
    const fanout = receivers[index]?.length ?? 0;
    return fanout > 0 ? [{ client, index, fanout, pending: 0 }] : [];
  });
  const byIndex = new Map(senders.map((sender) => [sender.index, sender]));
  const latency = microsHistogram();
  const lag = microsHistogram();
  const closedLoop = options.rate === 0;
  let running = true;
  let measuring = false;
  let sent = 0;

  const send = (sender: (typeof senders)[number]): void => {
    const seq = ledger.send(sender.index);
    sender.pending += sender.fanout;
    if (measuring) sent++;
    sender.client.write(render(sender.index, makeToken(sender.index, seq, nowMicros()), seq));
  };

  clients.forEach((client, receiver) => {
    const scanner = new TokenScanner((index, seq, micros) => {
      if (!ledger.arrive(receiver, index, seq)) return;
      if (measuring) recordSince(latency, micros);
      const sender = byIndex.get(index)!;
      sender.pending--;
      if (closedLoop && running && sender.pending <= (options.window - 1) * sender.fanout) send(sender);
    });
    client.enterRaw((text) => scanner.push(text));
  });

  if (closedLoop) {
    for (const sender of senders) for (let i = 0; i < options.window; i++) send(sender);
  } else {
    atRate(
      options.rate,
      () => running,
      (count) => send(senders[count % senders.length]!),
      (micros) => measuring && lag.record(micros),
    );
  }

  await sleep(options.warmupMs);
  const meter = new UsageMeter(options.serverPids);
  measuring = true;
  meter.start();
  const before = ledger.delivered;
  await sleep(options.durationMs);
  const usage = meter.stop();
  const delivered = ledger.delivered - before;
  measuring = false;
  running = false;

  await drained(ledger);
  for (const client of clients) client.leaveRaw();

  return {
    usage,
    sent,
    delivered,
    latencyMs: latencyMs(latency),
    sendLagMsP99: closedLoop ? 0 : lag.percentile(99) / 1000,
    verdict: ledger.verdict(),
    errorsSeen: clients.reduce((sum, client) => sum + client.rawErrors, 0),
    lostConnections: clients.filter((client) => client.lost).length,
    lastSent: (sender) => ledger.sentBy(sender),
  };
}

/** Waits for what is still under way, and a little longer for what should not come. */
export async function drained(ledger: DeliveryLedger): Promise<void> {
  const until = performance.now() + DRAIN_LIMIT_MS;
  while (ledger.verdict().lost > 0 && performance.now() < until) await sleep(20);
  await sleep(QUIET_MS);
}

/** What a flow's verdict has to say against it. */
export function flowFailures(flow: FlowResult): string[] {
  const failures = deliveryFailures(flow.verdict);
  if (flow.errorsSeen > 0) failures.push(`${flow.errorsSeen} reads held error stanzas`);
  if (flow.lostConnections > 0) failures.push(`${flow.lostConnections} connections lost`);
  if (flow.delivered === 0) failures.push('nothing was delivered in the measured time');
  return failures;
}

export function deliveryFailures(verdict: LedgerVerdict): string[] {
  const failures: string[] = [];
  if (verdict.lost > 0) failures.push(`${verdict.lost} of ${verdict.expected} deliveries lost`);
  if (verdict.duplicatedOrLate > 0) failures.push(`${verdict.duplicatedOrLate} deliveries duplicated or late`);
  if (verdict.skipped > 0) failures.push(`${verdict.skipped} deliveries overtaken by later ones`);
  if (verdict.misdelivered > 0) failures.push(`${verdict.misdelivered} deliveries to sessions they were not meant for`);
  return failures;
}

export function deliveryChecks(verdict: LedgerVerdict): Record<string, number> {
  const { ok: _ok, ...checks } = verdict;
  return checks;
}
