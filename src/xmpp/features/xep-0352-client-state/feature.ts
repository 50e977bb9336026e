/**
 * XEP-0352: Client State Indication, version 1.0.0.
 * A client that nobody looks at is left in peace: presence and chat states reach it with the next thing that matters.
 */
import { flag, integer } from '#base/settings.ts';
import { element } from '#xml/element.ts';
import { xmppFeature } from '../../feature.ts';
import { sessionEnded, sessionResumed } from '../../hooks.ts';
import type { Session } from '../../session.ts';
import { Inactive } from './inactive.ts';

const NS = 'urn:xmpp:csi:0';

export const clientState = xmppFeature({
  spec: 'XEP-0352',
  title: 'Client State Indication',
  version: '1.0.0',
  status: 'complete',
  settings: {
    holdPresence: flag({
      default: true,
      help: 'Whether an inactive client is told of presence only when it becomes active, or with something important.',
    }),
    holdChatStates: flag({ default: true, help: 'The same for messages that only say that somebody is typing.' }),
    maxHeldBytes: integer({
      default: 131_072,
      min: 0,
      max: 8_388_608,
      unit: 'bytes',
      help: 'What is held back for one inactive client at most; when it is more, all of it is sent.',
    }),
  },
  setup(xmpp) {
    const inactive = new Set<Session>();

    xmpp.streamFeature('after-sign-in', () => element('csi', NS));
    xmpp.onElement({ ns: NS, name: 'inactive' }, (session) => {
      inactive.add(session);
      session.gate ??= new Inactive(session, xmpp.settings);
    });
    xmpp.onElement({ ns: NS, name: 'active' }, activate);
    // §5.2: a stream begins active, and so does one that goes on with a session. Until then all stays held back.
    xmpp.on(sessionResumed, 'observe', activate);
    xmpp.on(sessionEnded, 'observe', (session) => void inactive.delete(session));
    xmpp.onStop(() => [...inactive].forEach(activate));

    /** §5.1: done before anything that the client says next. */
    function activate(session: Session): void {
      if (!inactive.delete(session)) return;
      const { gate } = session;
      session.gate = undefined;
      gate?.flush();
    }
  },
});
