/**
 * XEP-0198: Stream Management, version 1.6.3.
 * Both sides count what they have taken care of; a client whose connection broke comes back to its session as if nothing
 * had happened. What the server acknowledges is on disk: `h` follows the commit.
 */
import { randomBytes } from 'node:crypto';
import { duration, integer } from '#base/settings.ts';
import { type Element, element } from '#xml/element.ts';
import { xmppFeature } from '../../feature.ts';
import { connectionLost, sessionEnded, sessionResumed } from '../../hooks.ts';
import type { Session } from '../../session.ts';
import type { ClientStream } from '../../stream/client-stream.ts';
import { NS_STANZA_ERRORS } from '../../wire/namespaces.ts';
import type { StanzaErrorCondition } from '../../wire/stanza-error.ts';
import { StreamError } from '../../wire/stream-error.ts';
import { Managed, NS_SM } from './managed.ts';
import { returnUnacknowledged } from './returning.ts';
import { parseCount } from './unacknowledged.ts';

/** So many sessions that are over are remembered, to tell a late client how far it had come. */
const MAX_REMEMBERED = 10_000;

export const streamManagement = xmppFeature({
  spec: 'XEP-0198',
  title: 'Stream Management',
  version: '1.6.3',
  status: 'complete',
  settings: {
    resumeSeconds: duration({
      default: 300,
      max: 86_400,
      unit: 'seconds',
      help: 'How long a session is kept for a client whose connection broke.',
    }),
    answerSeconds: duration({
      default: 60,
      min: 5,
      unit: 'seconds',
      help: 'A client that does not acknowledge in this time is taken to be gone.',
    }),
    maxUnacknowledged: integer({
      default: 10_000,
      min: 100,
      unit: 'stanzas',
      help: 'What may wait for the acknowledgement of one client; beyond it the session ends and the inbox has the rest.',
    }),
    maxUnacknowledgedBytes: integer({
      default: 8_388_608,
      min: 65_536,
      unit: 'bytes',
      help: 'The same in bytes.',
    }),
  },
  setup(xmpp) {
    const { settings } = xmpp;
    const managed = new Map<Session, Managed>();
    /** Sessions that may be resumed, and of those that are over how far the client had come. */
    const resumable = new Map<string, Managed>();
    const over = new Map<string, Pick<Session, 'handled' | 'uncommitted' | 'handling'>>();
    /** Sessions without a connection: what ends their waiting. */
    const waiting = new Map<Managed, () => void>();

    xmpp.streamFeature('after-sign-in', () => element('sm', NS_SM));
    xmpp.onElement({ ns: NS_SM, name: 'enable' }, enable);
    xmpp.onElement({ ns: NS_SM, name: 'r' }, answer);
    xmpp.onElement({ ns: NS_SM, name: 'a' }, (session, a) => {
      const h = parseCount(a.attributes.h);
      if (h === undefined) throw new StreamError('bad-format', 'An acknowledgement has a number h.');
      managed.get(session)?.acknowledged(h);
    });
    xmpp.onElement({ ns: NS_SM, name: 'resume' }, (session) => fail(session.stream!, 'unexpected-request'));
    xmpp.onElementBeforeBind({ ns: NS_SM, name: 'resume' }, resume);
    xmpp.onElementBeforeBind({ ns: NS_SM, name: 'enable' }, (stream) => fail(stream, 'unexpected-request'));
    xmpp.on(connectionLost, 'keep', (lost) => {
      const sm = managed.get(lost.session);
      if (sm === undefined) return;
      sm.disconnected();
      if (sm.id === '') return;
      lost.keep = true;
      const expire = (): void => {
        waiting.delete(sm);
        sm.session.finish();
      };
      waiting.set(sm, xmpp.edge.clock.after(sm.maxSeconds * 1000, expire));
    });
    xmpp.on(sessionEnded, 'observe', (session) => {
      const sm = managed.get(session);
      if (sm === undefined) return;
      managed.delete(session);
      sm.disconnected();
      stopWaiting(sm);
      if (resumable.delete(sm.id)) remember(sm.id, session);
      returnUnacknowledged(session, sm.takeRest());
    });
    xmpp.onStop(() => {
      // Nobody would count for these any more; they come back without.
      for (const session of [...managed.keys()]) {
        const { stream } = session;
        session.finish();
        stream?.close(new StreamError('reset', 'Stream management was switched off.'));
      }
    });

    /** §3. */
    function enable(session: Session, request: Element): void {
      if (session.outbox !== undefined) {
        fail(session.stream!, 'unexpected-request');
        return;
      }
      const wanted = parseCount(request.attributes.max);
      const maxSeconds = Math.min(wanted ?? settings.resumeSeconds, settings.resumeSeconds);
      const mayResume = ['true', '1'].includes(request.attributes.resume ?? '') && maxSeconds > 0;
      const sm = new Managed(session, mayResume ? randomBytes(18).toString('base64url') : '', maxSeconds, settings);
      managed.set(session, sm);
      if (mayResume) resumable.set(sm.id, sm);
      const resumption = mayResume ? { id: sm.id, resume: 'true', max: String(maxSeconds) } : {};
      session.stream!.send(element('enabled', NS_SM, resumption));
      session.outbox = sm;
      session.handled = 0;
    }

    /** §4: told is what is on disk, which may be a moment later. */
    function answer(session: Session): void {
      if (!managed.has(session)) return;
      const { handled, uncommitted } = session;
      const tell = (): void => session.stream?.write(`<a xmlns='${NS_SM}' h='${handled}'/>`);
      if (uncommitted === undefined) tell();
      else uncommitted.onSettled(tell);
    }

    /** §5. */
    async function resume(stream: ClientStream, request: Element): Promise<void> {
      const { previd = '', h } = request.attributes;
      const count = parseCount(h);
      if (count === undefined) return fail(stream, 'bad-request');
      const sm = resumable.get(previd);
      if (sm === undefined || sm.session.home.account.id !== stream.account!.id) {
        return fail(stream, 'item-not-found', sm === undefined ? await handledBefore(previd) : undefined);
      }
      const { session } = sm;
      // More than once when somebody else resumes it meanwhile: the last one has it.
      do {
        takeAway(sm);
        // What the client sent on the broken connection counts, also what was still being dealt with, or the client would
        // send it again; and once it is on disk. A commit that fails has been answered.
        await session.handling?.catch(() => undefined);
        await session.uncommitted?.settled().catch(() => undefined);
      } while (session.stream !== undefined && !session.ended);
      if (session.ended) return fail(stream, 'item-not-found', await handledBefore(previd));
      if (stream.closed) return session.disconnected();
      stream.establish(session);
      stream.send(element('resumed', NS_SM, { previd, h: String(session.handled) }));
      sm.acknowledged(count);
      sm.resend();
      session.home.homes.hooks.run(sessionResumed, session);
    }

    /** The session has no connection any more. */
    function takeAway(sm: Managed): void {
      const { session } = sm;
      const old = session.stream;
      old?.detach();
      session.stream = undefined;
      old?.close(new StreamError('conflict', 'The session was resumed on another connection.'));
      sm.disconnected();
      stopWaiting(sm);
    }

    /** How far the client of a session that is over had come. Nothing is said when that did not reach the disk. */
    async function handledBefore(id: string): Promise<number | undefined> {
      const last = over.get(id);
      try {
        await last?.handling;
        await last?.uncommitted?.settled();
      } catch {
        return undefined;
      }
      return last?.handled;
    }

    function stopWaiting(sm: Managed): void {
      waiting.get(sm)?.();
      waiting.delete(sm);
    }

    function remember(id: string, session: Session): void {
      const last: Pick<Session, 'handled' | 'uncommitted' | 'handling'> = {
        handled: session.handled,
        uncommitted: session.uncommitted,
        handling: undefined,
      };
      const update = () => {
        last.handled = session.handled;
        last.uncommitted = session.uncommitted;
      };
      last.handling = session.handling?.then(update, update);
      over.set(id, last);
      if (over.size > MAX_REMEMBERED) over.delete(over.keys().next().value!);
    }
  },
});

/** @param h how far the client had come, where that is known (§5) */
function fail(stream: ClientStream, condition: StanzaErrorCondition, h?: number): void {
  const attributes = { h: h === undefined ? undefined : String(h) };
  stream.send(element('failed', NS_SM, attributes, element(condition, NS_STANZA_ERRORS)));
}
