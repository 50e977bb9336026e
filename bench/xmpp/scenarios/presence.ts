/**
 * Users change their presence, and each change reaches their contacts. The
 * users form groups in which all are mutual contacts; the subscriptions are
 * made by the tool (RFC 6121 section 3) where the rosters lack them.
 */

import { UsageMeter } from '../../lib/procfs.ts';
import type { XmppClient } from '../lib/client.ts';
import { runFlow } from '../lib/flow.ts';
import type { Options } from '../lib/options.ts';
import { closeAll, onlineClients, sleep } from '../lib/pool.ts';
import { attribute, elementName } from '../lib/splitter.ts';
import { flowOutcome, makeResult, type Scenario } from './common.ts';

const SHOWS = ['<show>away</show>', '<show>dnd</show>', '<show>xa</show>', ''];
const SETUP_LIMIT_MS = 300_000;

/** Only makes the contacts, so that a later `presence` finds them. */
export const contacts: Scenario = async (options) => {
  const { users, group } = groups(options);
  const clients = await onlineClients(options.target, users, options.concurrency);
  const meter = new UsageMeter(options.serverPids);
  meter.start();
  const changed = await befriend(clients, group);
  const usage = meter.stop();
  await closeAll(clients);
  return makeResult(options, {
    variant: `${options.contacts} contacts`,
    parameters: { users, contacts: options.contacts },
    metrics: { 'subscriptions/s': (users * options.contacts) / (usage.wallMs / 1000) },
    usage,
    failures: [],
    checks: { usersWithAllContacts: users, madeNow: changed ? 1 : 0 },
  });
};

export const presence: Scenario = async (options) => {
  const { users, group } = groups(options);
  let clients = await onlineClients(options.target, users, options.concurrency);
  if (await befriend(clients, group)) {
    // Log in anew, so that all start from the same state.
    await closeAll(clients);
    await sleep(1000);
    clients = await onlineClients(options.target, users, options.concurrency);
  }
  await sleep(1000);

  const active = options.senders === 0 ? users : Math.min(options.senders, users);
  const flow = await runFlow(
    {
      clients,
      receivers: clients.map((_, i) => (i < active ? group(i) : [])),
      render: (_sender, token, seq) => `<presence>${SHOWS[seq % SHOWS.length]}<status>${token}</status></presence>`,
    },
    options,
  );
  const outcome = flowOutcome(options, flow, 'delivery');
  await closeAll(clients);
  return makeResult(options, { ...outcome, parameters: parameters(options, users, active) });
};

/** Splits the users into groups of one and its contacts; a rest that fills no group is left out. */
function groups(options: Options): { users: number; group: (i: number) => number[] } {
  const size = options.contacts + 1;
  const users = options.users - (options.users % size);
  if (users === 0) throw new Error(`--users ${options.users} is less than one group of ${size}`);
  const group = (i: number): number[] => {
    const first = i - (i % size);
    return Array.from({ length: size }, (_, k) => first + k).filter((k) => k !== i);
  };
  return { users, group };
}

function parameters(options: Options, users: number, active: number): Record<string, number> {
  return { users, contacts: options.contacts, senders: active, window: options.window, rate: options.rate };
}

/** Makes the members of each group mutual contacts; false when they were already. */
async function befriend(clients: XmppClient[], group: (i: number) => number[]): Promise<boolean> {
  let changed = false;
  for (const client of clients) {
    client.onStanza = (xml) => {
      if (elementName(xml) !== 'presence' || attribute(xml, 'type') !== 'subscribe') return;
      client.write(`<presence type='subscribed' to='${attribute(xml, 'from')}'/>`);
    };
  }
  for (const client of clients) {
    const wanted = group(client.index).map((k) => clients[k]!.bareJid);
    const have = await subscribedTo(client);
    const missing = wanted.filter((jid) => !have.has(jid));
    if (missing.length === 0) continue;
    changed = true;
    for (const jid of missing) client.write(`<presence type='subscribe' to='${jid}'/>`);
    const until = performance.now() + SETUP_LIMIT_MS;
    for (;;) {
      const now = await subscribedTo(client);
      if (wanted.every((jid) => now.has(jid))) break;
      if (performance.now() > until) throw new Error(`${client.user}: subscriptions not made in time`);
      await sleep(20);
    }
  }
  for (const client of clients) client.onStanza = undefined;
  return changed;
}

/** The contacts whose presence this user is subscribed to. */
async function subscribedTo(client: XmppClient): Promise<Set<string>> {
  const roster = await client.iq('get', "<query xmlns='jabber:iq:roster'/>");
  const jids = new Set<string>();
  for (const [item] of roster.matchAll(/<item\b[^>]*>/g)) {
    const jid = attribute(item, 'jid');
    const subscription = attribute(item, 'subscription');
    if (jid !== undefined && (subscription === 'both' || subscription === 'to')) jids.add(jid);
  }
  return jids;
}
