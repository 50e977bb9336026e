import { flag, list, settingsGroup } from '#base/settings.ts';
import { saslMechanisms } from './sasl.ts';

export const saslSettings = settingsGroup('xmpp.sasl', {
  mechanisms: list({
    default: saslMechanisms,
    pattern: new RegExp(`^(?:${saslMechanisms.join('|')})$`),
    expects: `a list of ${saslMechanisms.join(', ')}`,
    help: 'The ways to sign in. SCRAM is offered with and without channel binding, PLAIN only inside TLS.',
  }),
  downgradeProtection: flag({
    default: true,
    help: 'Tells clients inside SCRAM what was offered, so that they notice who hides the better part (XEP-0474).',
  }),
});
