/**
 * RFC 3921 §3: Session Establishment.
 * A step of the setting up of streams that RFC 6121 has done away with; old clients insist on it.
 */
import { element } from '#xml/element.ts';
import { xmppFeature } from '../feature.ts';

const NS = 'urn:ietf:params:xml:ns:xmpp-session';

export const sessionEstablishment = xmppFeature({
  spec: 'RFC 3921 §3',
  title: 'Session Establishment',
  version: '',
  status: 'complete',
  note: 'Does nothing: a session begins when a resource is bound (RFC 6121 §1.4). Marked as optional, so that clients leave it out.',
  setup(xmpp) {
    xmpp.streamFeature('after-sign-in', () => element('session', NS, {}, element('optional', NS)));
    xmpp.onIqSet({ ns: NS, name: 'session', at: 'both' }, () => undefined);
  },
});
