/** Many clients at once. */
import { type Target, XmppClient } from './client.ts';

/** Runs `work` on each item, at most `limit` at a time; the first failure ends it. */
export async function forEachLimited<T>(
  items: readonly T[],
  limit: number,
  work: (item: T, index: number) => Promise<void>,
): Promise<void> {
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < items.length) {
      const i = next++;
      await work(items[i] as T, i);
    }
  };
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, lane));
}

export function makeClients(target: Target, count: number): XmppClient[] {
  return Array.from({ length: count }, (_, i) => new XmppClient(target, i));
}

/** Logs in `count` users and brings them online. */
export async function onlineClients(target: Target, count: number, limit: number): Promise<XmppClient[]> {
  const clients = makeClients(target, count);
  await forEachLimited(clients, limit, async (client) => {
    await client.login();
    await client.goOnline();
  });
  return clients;
}

export async function closeAll(clients: readonly XmppClient[]): Promise<void> {
  await forEachLimited(clients, 200, (client) => client.close());
}

export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
