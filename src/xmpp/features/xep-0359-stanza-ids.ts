/**
 * XEP-0359: Unique and Stable Stanza IDs, version 0.7.0.
 * Sees to it that nobody but us says what id a message has in an archive of ours; delivery puts the true ones there.
 */
import { messageEntered } from '#messaging/hooks.ts';
import type { Node } from '#xml/element.ts';
import type { XmppEdge } from '../edge.ts';
import { xmppFeature } from '../feature.ts';
import { Jid } from '../wire/jid.ts';
import { NS_STANZA_ID } from '../wire/namespaces.ts';

export const stanzaIds = xmppFeature({
  spec: 'XEP-0359',
  title: 'Unique and Stable Stanza IDs',
  version: '0.7.0',
  status: 'complete',
  disco: [NS_STANZA_ID],
  setup(xmpp) {
    // §3: those by others, and the origin's own id, pass.
    const isForged = (child: Node): boolean =>
      typeof child !== 'string' && child.is('stanza-id', NS_STANZA_ID) && isOurs(xmpp.edge, child.attributes.by);
    xmpp.on(messageEntered, 'clean', ({ element }) => {
      if (element.children.some(isForged)) element.children = element.children.filter((child) => !isForged(child));
    });
  },
});

function isOurs(edge: XmppEdge, by: string | undefined): boolean {
  if (by === undefined) return false;
  try {
    return edge.isLocal(Jid.parse(by).domain);
  } catch {
    return false;
  }
}
