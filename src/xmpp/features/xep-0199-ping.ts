/**
 * XEP-0199: XMPP Ping, version 2.0.1.
 * Answers pings, and asks clients that have fallen silent whether they are still there.
 */
import { duration } from '#base/settings.ts';
import { element } from '#xml/element.ts';
import { xmppFeature } from '../feature.ts';
import type { Session } from '../session.ts';
import type { ClientStream } from '../stream/client-stream.ts';
import { NS_CLIENT } from '../wire/namespaces.ts';
import { StreamError } from '../wire/stream-error.ts';

const NS = 'urn:xmpp:ping';

/** How often it is looked for silent clients. */
const LOOK_MS = 5000;

export const ping = xmppFeature({
  spec: 'XEP-0199',
  title: 'XMPP Ping',
  version: '2.0.1',
  status: 'complete',
  disco: [NS],
  settings: {
    idleSeconds: duration({
      default: 300,
      min: 10,
      max: 86_400,
      unit: 'seconds',
      help: 'A client that has sent nothing for so long is asked whether it is still there.',
    }),
    answerSeconds: duration({
      default: 60,
      min: 5,
      max: 3600,
      unit: 'seconds',
      help: 'A client that then sends nothing for so long has lost its connection.',
    }),
  },
  setup(xmpp) {
    const { edge, settings } = xmpp;
    // To ask another's account would tell whether it exists.
    xmpp.onIqGet({ ns: NS, name: 'ping', at: 'both' }, () => undefined);

    const askedAt = new WeakMap<ClientStream, number>();
    const look = (): void => {
      const now = edge.clock.now();
      for (const stream of edge.streams) {
        if (stream.session !== undefined) check(stream, stream.session, now);
      }
    };
    xmpp.onStop(edge.clock.every(LOOK_MS, look));

    /** Anything that is read is a sign of life, white space too; an answer is not insisted on. */
    function check(stream: ClientStream, session: Session, now: number): void {
      const asked = askedAt.get(stream);
      if (asked === undefined || stream.lastReadAt >= asked) {
        if (now - stream.lastReadAt < settings.idleSeconds * 1000) return;
        askedAt.set(stream, now);
        ask(session, now);
      } else if (now - asked >= settings.answerSeconds * 1000) {
        edge.counts.refused.of('no-answer').add(1);
        // Not signed out: a session that can be resumed waits for the client to come back.
        stream.close(new StreamError('connection-timeout', 'The client was asked whether it is there, and is silent.'));
      }
    }
  },
});

/** §4.1. One that keeps count of stanzas is asked for its count, which is no stanza and so costs less (XEP-0198 §4). */
function ask(session: Session, now: number): void {
  if (session.outbox !== undefined) {
    session.outbox.ask();
    return;
  }
  const attributes = { type: 'get', id: `ping-${now}`, from: session.jid.domain, to: session.jid.full };
  session.send(element('iq', NS_CLIENT, attributes, element('ping', NS)));
}
