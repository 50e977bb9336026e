/**
 * XEP-0077: In-Band Registration, version 2.4.
 * People change their password and give up their account; where it is allowed, anyone makes one.
 */
import { flag, integer } from '#base/settings.ts';
import { element } from '#xml/element.ts';
import { xmppFeature } from '../../feature.ts';
import { takeBeforeSignIn } from './before-sign-in.ts';
import { NS_REGISTER } from './fields.ts';
import { Rates } from './rates.ts';
import { currentRegistration, setRegistration } from './signed-in.ts';

const NS_FEATURE = 'http://jabber.org/features/iq-register';

export const registration = xmppFeature({
  spec: 'XEP-0077',
  title: 'In-Band Registration',
  version: '2.4',
  status: 'complete',
  note: 'New accounts are off by default (`registration`).',
  discoServer: [NS_REGISTER],
  settings: {
    registration: flag({ default: false, help: 'Whether anyone who can reach the server may make an account.' }),
    perNetworkPerHour: integer({
      default: 5,
      min: 0,
      max: 1_000_000,
      unit: 'attempts',
      help: 'How often one network may try to make an account within an hour; 0 is without a limit.',
    }),
    passwordChange: flag({ default: true, help: 'Whether people may change their own password.' }),
    removal: flag({
      default: true,
      help: 'Whether people may remove their own account. Administrators never may: nobody could let them in again.',
    }),
  },
  setup(xmpp) {
    const { edge, settings } = xmpp;
    const place = { ns: NS_REGISTER, name: 'query', at: 'both' } as const;
    xmpp.onIqGet(place, currentRegistration);
    xmpp.onIqSet(place, (iq) => setRegistration(iq, settings));

    xmpp.streamFeature('before-sign-in', () => (settings.registration ? element('register', NS_FEATURE) : undefined));
    edge.beforeSignIn = takeBeforeSignIn(settings, new Rates(edge.clock, settings));
    xmpp.onStop(() => {
      edge.beforeSignIn = undefined;
    });
  },
});
