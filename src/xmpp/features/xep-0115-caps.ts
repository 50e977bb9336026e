/**
 * XEP-0115: Entity Capabilities, version 1.6.0.
 * Gives clients at sign-in a hash of what the server can do, so that they ask only when it has changed.
 */
import { element } from '#xml/element.ts';
import { xmppFeature } from '../feature.ts';
import { discoInfo } from '../hooks.ts';
import { verificationString } from '../wire/caps.ts';
import { describeServer } from './xep-0030-disco.ts';

const NS = 'http://jabber.org/protocol/caps';

/** Names the software, whatever its release: what differs shows in the hash. */
const NODE = 'urn:x-rollcall:server';

export const caps = xmppFeature({
  spec: 'XEP-0115',
  title: 'Entity Capabilities',
  version: '1.6.0',
  status: 'complete',
  note: "The server's own (§6.3). Those of clients pass in their presence.",
  discoServer: [NS],
  setup(xmpp) {
    const { edge } = xmpp;
    // Made of the answer itself, so that it is right whatever was switched on or off; once for each state of the settings.
    let known = { ver: '', revision: -1 };
    const ver = () => {
      const { revision } = edge.settings;
      if (revision !== known.revision) known = { ver: verificationString(describeServer(edge)), revision };
      return known.ver;
    };
    xmpp.streamFeature('after-sign-in', () => element('c', NS, { hash: 'sha-1', node: NODE, ver: ver() }));
    // §6.2. Of an older hash nothing is known any more. (`ver` asks this hook itself, without a node.)
    xmpp.on(discoInfo, 'collect', ({ home, node, answer }) => {
      if (home === undefined && node !== undefined && node === `${NODE}#${ver()}`) answer.push(...describeServer(edge));
    });
  },
});
