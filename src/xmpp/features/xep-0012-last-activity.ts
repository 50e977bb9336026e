/**
 * XEP-0012: Last Activity, version 2.0.
 * Tells how long the server has been up, and those who may see an account how long ago it was last there.
 */
import { lastUnavailable } from '#presence/last-unavailable.ts';
import { element } from '#xml/element.ts';
import { type IqRequest, xmppFeature } from '../feature.ts';
import { StanzaError } from '../wire/stanza-error.ts';

const NS = 'jabber:iq:last';

export const lastActivity = xmppFeature({
  spec: 'XEP-0012',
  title: 'Last Activity',
  version: '2.0',
  status: 'complete',
  note: 'A request to a full JID is answered by the client there; one who may not see it is told service-unavailable (RFC 6121 §8.5.3.1).',
  disco: [NS],
  setup(xmpp) {
    const { edge } = xmpp;
    const otherwise = () => {
      throw new StanzaError('forbidden', { text: 'Only who may see its presence may ask.' });
    };
    xmpp.onIqGet({ ns: NS, name: 'query', at: 'both', by: 'subscribed', otherwise }, (iq) => {
      const now = edge.clock.now();
      const { at, note } = iq.to?.local === '' ? { at: edge.startedAt, note: '' } : lastSeen(iq, now);
      // A clock that was set back must not make it negative.
      const seconds = Math.max(0, Math.floor((now - at) / 1000));
      return element('query', NS, { seconds: `${seconds}` }, note === '' ? undefined : note);
    });
  },
});

/** §3. */
function lastSeen({ home }: IqRequest, now: number): { at: number; note: string } {
  if (home.devices.size > 0) return { at: now, note: '' };
  const last = lastUnavailable(home);
  if (last === undefined) throw new StanzaError('item-not-found', { text: 'It has never been available.' });
  return last;
}
