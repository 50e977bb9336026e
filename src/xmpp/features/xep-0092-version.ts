/**
 * XEP-0092: Software Version, version 1.1.
 * Tells what software the server is.
 */
import { release, type } from 'node:os';
import { flag } from '#base/settings.ts';
import { element } from '#xml/element.ts';
import { xmppFeature } from '../feature.ts';

const NS = 'jabber:iq:version';

export const softwareVersion = xmppFeature({
  spec: 'XEP-0092',
  title: 'Software Version',
  version: '1.1',
  status: 'complete',
  discoServer: [NS],
  settings: {
    // §5: told only where somebody has decided so.
    operatingSystem: flag({ default: false, help: 'Whether the operating system is told as well.' }),
  },
  setup(xmpp) {
    xmpp.onIqGet({ ns: NS, name: 'query', at: 'server' }, () =>
      element(
        'query',
        NS,
        {},
        element('name', NS, {}, 'Rollcall'),
        element('version', NS, {}, xmpp.edge.version),
        xmpp.settings.operatingSystem ? element('os', NS, {}, `${type()} ${release()}`) : undefined,
      ),
    );
  },
});
