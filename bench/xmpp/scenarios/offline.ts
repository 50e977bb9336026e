/**
 * Messages wait for users who are away (XEP-0160): stored while the receivers are offline, delivered when they come
 * back. The even users send, the odd ones are away. Signing in is not measured, becoming available is.
 */

import { addUsage, type Usage, UsageMeter } from '../../lib/procfs.ts';
import type { XmppClient } from '../lib/client.ts';
import { deliveryChecks, deliveryFailures, drained } from '../lib/flow.ts';
import { DeliveryLedger } from '../lib/ledger.ts';
import { latencyMs, microsHistogram, recordSince } from '../lib/pace.ts';
import { closeAll, forEachLimited, makeClients, sleep } from '../lib/pool.ts';
import { attribute } from '../lib/splitter.ts';
import { REQUEST } from '../lib/stream-management.ts';
import { makeToken, nowMicros, TOKEN_LENGTH, TokenScanner } from '../lib/token.ts';
import { partner } from './archive-check.ts';
import { latencyMetrics, makeResult, type Scenario } from './common.ts';
import { pairedUsers } from './message.ts';

const STORE_LIMIT_MS = 60_000;

export const offline: Scenario = async (options) => {
  const users = pairedUsers(options);
  const clients = makeClients(options.target, users);
  const senders = clients.filter((client) => client.index % 2 === 0);
  const receivers = clients.filter((client) => client.index % 2 === 1);
  const ledger = new DeliveryLedger(clients.map((_, i) => (i % 2 === 0 ? [partner(i)] : [])));
  const messages = senders.length * options.stored;
  let errorStanzas = 0;

  const filler = 'x'.repeat(Math.max(0, options.bodyBytes - TOKEN_LENGTH));
  const store = async (client: XmppClient): Promise<void> => {
    const to = clients[partner(client.index)]!.bareJid;
    const management = await client.manage();
    client.onStanza = (xml) => {
      if (attribute(xml, 'type') === 'error') errorStanzas++;
    };
    const done = new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`${client.user}: not acknowledged in time`)), STORE_LIMIT_MS);
      management.onAcknowledged = () => {
        if (management.acknowledged < management.sent) return;
        clearTimeout(timer);
        resolve();
      };
    });
    for (let i = 0; i < options.stored; i++) {
      const seq = ledger.send(client.index);
      const token = makeToken(client.index, seq, nowMicros());
      const ask = i === options.stored - 1 ? REQUEST : '';
      client.write(`<message type='chat' to='${to}' id='o${seq}'><body>${token}${filler}</body></message>${ask}`);
    }
    await done;
  };

  const latency = microsHistogram();
  const fetch = (client: XmppClient): Promise<void> =>
    new Promise((resolve, reject) => {
      const start = nowMicros();
      const timer = setTimeout(() => reject(new Error(`${client.user}: not all delivered in time`)), STORE_LIMIT_MS);
      let came = 0;
      const scanner = new TokenScanner((from, seq) => {
        if (!ledger.arrive(client.index, from, seq) || ++came < options.stored) return;
        recordSince(latency, start);
        clearTimeout(timer);
        resolve();
      });
      client.onStanza = (xml) => scanner.push(xml);
      client.write('<presence/>');
    });

  await online(senders, options.concurrency);
  const failures: string[] = [];
  const stored = await measured(options.serverPids, senders, options.concurrency, store, failures);
  await forEachLimited(receivers, options.concurrency, (client) => client.login());
  await sleep(500);
  const fetched = await measured(options.serverPids, receivers, options.concurrency, fetch, failures);
  await drained(ledger);
  await closeAll(clients.filter((client) => client.jid !== ''));

  const verdict = ledger.verdict();
  if (errorStanzas > 0) failures.push(`${errorStanzas} messages came back as errors`);
  const usage = addUsage(stored, fetched);
  return makeResult(options, {
    variant: `${options.stored} messages each`,
    parameters: { users, stored: options.stored, bodyBytes: options.bodyBytes },
    metrics: {
      'stored/s': messages / (stored.wallMs / 1000),
      'delivered/s': messages / (fetched.wallMs / 1000),
      'server CPU us/message': (usage.serverCpuMs * 1000) / messages,
      'of it storing us': (stored.serverCpuMs * 1000) / messages,
      'of it delivering us': (fetched.serverCpuMs * 1000) / messages,
      'tool CPU us/message': (usage.toolCpuMs * 1000) / messages,
      ...latencyMetrics(latencyMs(latency)),
      'disk bytes/message': usage.serverWrittenBytes / messages,
    },
    usage,
    failures: [...failures, ...deliveryFailures(verdict)],
    checks: { ...deliveryChecks(verdict), errorStanzas },
  });
};

async function online(clients: readonly XmppClient[], limit: number): Promise<void> {
  await forEachLimited(clients, limit, async (client) => {
    await client.login();
    await client.goOnline();
  });
}

/** What the server used while `work` was done for each client; what went wrong goes to `failures`. */
async function measured(
  pids: readonly number[],
  clients: readonly XmppClient[],
  limit: number,
  work: (client: XmppClient) => Promise<void>,
  failures: string[],
): Promise<Usage> {
  const meter = new UsageMeter(pids);
  meter.start();
  await forEachLimited(clients, limit, work).catch((error: Error) => failures.push(error.message));
  return meter.stop();
}
