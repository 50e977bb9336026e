/**
 * Pairs of users chat with stream management on (XEP-0198), the archive too: how long until the server acknowledges a
 * message. The sender asks after each one. What an acknowledgement promises is the server's own affair: one means
 * "handled", another "on disk".
 */

import { UsageMeter } from '../../lib/procfs.ts';
import type { XmppClient } from '../lib/client.ts';
import { DRAIN_LIMIT_MS, deliveryChecks, deliveryFailures, drained } from '../lib/flow.ts';
import { DeliveryLedger } from '../lib/ledger.ts';
import { atRate, latencyMs, microsHistogram, recordSince } from '../lib/pace.ts';
import { closeAll, onlineClients, sleep } from '../lib/pool.ts';
import { REQUEST, type StreamManagement } from '../lib/stream-management.ts';
import { makeToken, nowMicros, TokenScanner } from '../lib/token.ts';
import { checkArchive, partner } from './archive-check.ts';
import { latencyMetrics, loopOf, makeResult, type Scenario } from './common.ts';
import { chatParameters, chatRenderer, pairedUsers } from './message.ts';

interface Sender {
  client: XmppClient;
  management: StreamManagement;
  /** What is not acknowledged yet: the count that it takes, and when it was sent. */
  underWay: { count: number; micros: number }[];
}

export const acked: Scenario = async (options) => {
  const users = pairedUsers(options);
  const clients = await onlineClients(options.target, users, options.concurrency);
  const senders: Sender[] = [];
  for (const client of clients) senders.push({ client, management: await client.manage(), underWay: [] });

  const render = chatRenderer(clients, options.bodyBytes);
  const ledger = new DeliveryLedger(clients.map((_, i) => [partner(i)]));
  const latency = microsHistogram();
  let running = true;
  let measuring = false;
  let acknowledged = 0;

  const send = ({ client, management, underWay }: Sender): void => {
    const seq = ledger.send(client.index);
    const micros = nowMicros();
    client.write(render(client.index, makeToken(client.index, seq, micros), seq) + REQUEST);
    underWay.push({ count: management.sent, micros });
  };

  for (const sender of senders) {
    const { client, management, underWay } = sender;
    const scanner = new TokenScanner((from, seq) => ledger.arrive(client.index, from, seq));
    client.onStanza = (xml) => scanner.push(xml);
    management.onAcknowledged = () => {
      while (underWay[0] !== undefined && underWay[0].count <= management.acknowledged) {
        const { micros } = underWay.shift()!;
        if (measuring) {
          acknowledged++;
          recordSince(latency, micros);
        }
        if (options.rate === 0 && running) send(sender);
      }
    };
  }

  if (options.rate === 0) {
    for (const sender of senders) for (let i = 0; i < options.window; i++) send(sender);
  } else {
    atRate(
      options.rate,
      () => running,
      (count) => send(senders[count % senders.length]!),
      () => {},
    );
  }
  await sleep(options.warmupMs);
  const meter = new UsageMeter(options.serverPids);
  measuring = true;
  meter.start();
  await sleep(options.durationMs);
  const usage = meter.stop();
  measuring = false;
  running = false;

  const outstanding = (): number => senders.reduce((sum, { underWay }) => sum + underWay.length, 0);
  const until = performance.now() + DRAIN_LIMIT_MS;
  while (outstanding() > 0 && performance.now() < until) await sleep(20);
  await drained(ledger);

  const verdict = ledger.verdict();
  const wrongAnswers = senders.reduce((sum, { management }) => sum + management.wrongAnswers, 0);
  const failures = deliveryFailures(verdict);
  if (outstanding() > 0) failures.push(`${outstanding()} messages never acknowledged`);
  if (wrongAnswers > 0) failures.push(`${wrongAnswers} acknowledgements that cannot be true`);
  if (acknowledged === 0) failures.push('nothing was acknowledged in the measured time');
  const checks = { ...deliveryChecks(verdict), unacknowledged: outstanding(), wrongAnswers };
  if (clients.every((client) => client.open)) {
    await checkArchive(clients, (sender) => ledger.sentBy(sender), { checks, failures });
  }
  await closeAll(clients);
  return makeResult(options, {
    variant: loopOf(options),
    parameters: chatParameters(options, users),
    metrics: {
      'acknowledged/s': acknowledged / (usage.wallMs / 1000),
      'server CPU us/message': (usage.serverCpuMs * 1000) / acknowledged,
      'tool CPU us/message': (usage.toolCpuMs * 1000) / acknowledged,
      ...latencyMetrics(latencyMs(latency)),
      'disk bytes/message': usage.serverWrittenBytes / acknowledged,
    },
    usage,
    failures,
    checks,
  });
};
