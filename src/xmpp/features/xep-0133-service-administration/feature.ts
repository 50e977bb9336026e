/**
 * XEP-0133: Service Administration, version 1.3.1.
 * The administrative commands that clients know by name, each made of the server's own.
 */
import { xmppFeature } from '../../feature.ts';
import { adHocNodes } from '../../hooks.ts';
import { listNodes } from './list-nodes.ts';
import { serverNodes } from './server-nodes.ts';
import { userNodes } from './user-nodes.ts';

export const serviceAdministration = xmppFeature({
  spec: 'XEP-0133',
  title: 'Service Administration',
  version: '1.3.1',
  status: 'partial',
  note: 'Without lists of other servers (there is no federation), and without restart; a shutdown is at once. The last sign-in is when somebody was last there.',
  setup(xmpp) {
    const all = [...userNodes, ...listNodes, ...serverNodes];
    xmpp.on(adHocNodes, 'collect', ({ nodes }) => {
      if (xmpp.edge.administration() === undefined) return;
      for (const node of all) nodes.set(node.node, node);
    });
  },
});
