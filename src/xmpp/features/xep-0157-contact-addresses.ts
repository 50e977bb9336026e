/**
 * XEP-0157: Contact Addresses for XMPP Services, version 1.1.1.
 * Tells in service discovery how to reach the people behind the server.
 */
import { list } from '#base/settings.ts';
import { xmppFeature } from '../feature.ts';
import { discoInfo } from '../hooks.ts';
import { writeForm } from '../wire/data-form.ts';

const FORM_TYPE = 'http://jabber.org/network/serverinfo';

const addresses = (what: string) =>
  list({
    default: [],
    pattern: /^[a-zA-Z][a-zA-Z0-9+.-]*:[\x21-\x7e]+$/,
    maxItems: 20,
    expects: 'a list of URIs, as in mailto:admin@example.com or xmpp:admin@example.com',
    help: `Where to turn to ${what}.`,
  });

export const contactAddresses = xmppFeature({
  spec: 'XEP-0157',
  title: 'Contact Addresses for XMPP Services',
  version: '1.1.1',
  status: 'complete',
  settings: {
    abuse: addresses('to report abuse'),
    admin: addresses('for the administrators of the server'),
    feedback: addresses('with praise and complaint'),
    sales: addresses('to buy'),
    security: addresses('to report a security hole'),
    status: addresses('to see whether the server is up'),
    support: addresses('for help'),
  },
  setup(xmpp) {
    const { settings } = xmpp;
    xmpp.on(discoInfo, 'collect', ({ home, node, answer }) => {
      if (home !== undefined || node !== undefined) return;
      const fields = (['abuse', 'admin', 'feedback', 'sales', 'security', 'status', 'support'] as const)
        .filter((kind) => settings[kind].length > 0)
        .map((kind) => ({ name: `${kind}-addresses`, type: 'list-multi' as const, values: settings[kind] }));
      if (fields.length > 0) answer.push(writeForm({ type: 'result', formType: FORM_TYPE, fields }));
    });
  },
});
