/** Pairs of users exchange chat messages; with the archive on, it is checked afterwards. */
import { runFlow } from '../lib/flow.ts';
import type { Options } from '../lib/options.ts';
import { closeAll, onlineClients } from '../lib/pool.ts';
import { MAX_SENDERS, TOKEN_LENGTH } from '../lib/token.ts';
import { checkArchive, partner } from './archive-check.ts';
import { flowOutcome, makeResult, type Scenario } from './common.ts';

export const message: Scenario = (options) => chat(options, false);
export const archive: Scenario = (options) => chat(options, true);

async function chat(options: Options, archived: boolean): ReturnType<Scenario> {
  const users = pairedUsers(options);
  const clients = await onlineClients(options.target, users, options.concurrency);
  const render = chatRenderer(clients, options.bodyBytes);
  const flow = await runFlow({ clients, receivers: clients.map((_, i) => [partner(i)]), render }, options);
  const outcome = flowOutcome(options, flow, 'message');
  if (archived && flow.lostConnections === 0) await checkArchive(clients, flow.lastSent, outcome);
  await closeAll(clients);
  return makeResult(options, { ...outcome, parameters: chatParameters(options, users) });
}

/** An even number of users. */
export function pairedUsers(options: Options): number {
  const users = options.users - (options.users % 2);
  if (users < 2 || users > MAX_SENDERS) throw new Error(`--users ${options.users}: between 2 and ${MAX_SENDERS}`);
  return users;
}

/** Chat messages from each user to its partner's full JID. */
export function chatRenderer(
  clients: readonly { jid: string }[],
  bodyBytes: number,
): (sender: number, token: string, seq: number) => string {
  const heads = clients.map((_, i) => `<message type='chat' to='${clients[partner(i)]?.jid}' id='m`);
  const filler = 'x'.repeat(Math.max(0, bodyBytes - TOKEN_LENGTH));
  return (sender, token, seq) => `${heads[sender]}${seq}'><body>${token}${filler}</body></message>`;
}

export function chatParameters(options: Options, users: number): Record<string, number> {
  return { users, bodyBytes: options.bodyBytes, window: options.window, rate: options.rate };
}
