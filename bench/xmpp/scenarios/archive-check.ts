/** Asks a server's archive (XEP-0313) for what was sent last. */
import type { XmppClient } from '../lib/client.ts';
import { elementName } from '../lib/splitter.ts';
import { tokenPrefix } from '../lib/token.ts';
import type { Outcome } from './common.ts';

/** Users whose archives are looked at. */
const SAMPLE = 20;
const LAST_PAGE = 20;

/** Users in pairs: 0 and 1, 2 and 3, ... */
export function partner(i: number): number {
  return i ^ 1;
}

/**
 * Looks for the last message sent and the last one received in the archives of some users, and writes what it finds
 * into the outcome.
 */
export async function checkArchive(
  clients: XmppClient[],
  lastSent: (sender: number) => number,
  outcome: Pick<Outcome, 'checks' | 'failures'>,
): Promise<void> {
  let found = 0;
  const missing: string[] = [];
  for (const client of clients.slice(0, SAMPLE)) {
    const page = await lastPage(client);
    for (const sender of [client.index, partner(client.index)]) {
      const token = tokenPrefix(sender, lastSent(sender));
      if (page.includes(token)) found++;
      else missing.push(`${client.user} has no ${token} (${page.slice(-200)})`);
    }
  }
  outcome.checks.archivedFound = found;
  if (missing.length === 0) return;
  const examples = missing.slice(0, 3).join('; ');
  outcome.failures.push(
    `the archive lacks ${missing.length} messages of ${found + missing.length} looked for: ${examples}`,
  );
}

async function lastPage(client: XmppClient): Promise<string> {
  let page = '';
  client.onStanza = (xml) => {
    if (elementName(xml) === 'message') page += xml;
  };
  const query = `<set xmlns='http://jabber.org/protocol/rsm'><max>${LAST_PAGE}</max><before/></set>`;
  const reply = await client.iq('set', `<query xmlns='urn:xmpp:mam:2'>${query}</query>`);
  client.onStanza = undefined;
  return page + reply;
}
