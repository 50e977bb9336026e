import type { Home } from '#accounts/home.ts';
import { maySee } from '#presence/probes.ts';
import { type Element, element } from '#xml/element.ts';
import { serialize } from '#xml/serializer.ts';
import type { IqHandler, IqPlace, IqRequest } from './feature.ts';
import { iqToAccount } from './hooks.ts';
import type { Session } from './session.ts';
import type { Jid } from './wire/jid.ts';
import { NS_BIND, NS_CLIENT } from './wire/namespaces.ts';
import { StanzaError } from './wire/stanza-error.ts';

export interface IqRegistration {
  place: IqPlace;
  handler: IqHandler;
}

/** The one handler of each payload, for `get` and for `set`. */
export type IqTable = Map<string, IqRegistration>;

export function iqKey(ns: string, name: string): string {
  return `${ns} ${name}`;
}

/** RFC 6120 §8.2.3 and RFC 6121 §8: checks an IQ, then hands it to a handler or to the device that it names. */
export function routeIq(session: Session, stanza: Element, to: Jid | undefined): void | Promise<void> {
  const { type, id } = stanza.attributes;
  const payload = stanza.firstChild();
  if (id === undefined) throw new StanzaError('bad-request', { text: 'An IQ needs an id.' });
  if (type !== 'get' && type !== 'set' && type !== 'result' && type !== 'error') {
    throw new StanzaError('bad-request', { text: 'The type of an IQ is get, set, result or error.' });
  }
  const isRequest = type === 'get' || type === 'set';
  if (isRequest && (payload === undefined || stanza.elements().length !== 1)) {
    throw new StanzaError('bad-request', { text: 'A request has one child element.' });
  }
  if (to !== undefined && !session.xmpp.isLocal(to.domain)) throw new StanzaError('remote-server-not-found');
  if (to !== undefined && to.local !== '' && to.resource !== '') return toDevice(session, stanza, to, isRequest);
  // Answers to the server's own pushes and pings need no handling.
  if (!isRequest) return undefined;
  const registration = (type === 'get' ? session.xmpp.iqGet : session.xmpp.iqSet).get(
    iqKey(payload!.ns, payload!.name),
  );
  const isServer = to !== undefined && to.local === '';
  const isOwner = to === undefined || to.bare === session.jid.bare;
  if (registration === undefined) {
    // RFC 6121 §8.5.1, §8.5.2.1.3: of another account nothing is said but this.
    if (!isServer && !isOwner) throw new StanzaError('service-unavailable');
    throw unknownRequest(session, payload!);
  }
  const { at = 'account', by = 'owner', otherwise } = registration.place;
  if (at !== 'both' && (at === 'server') !== isServer) throw new StanzaError('service-unavailable');
  const request = (home: Home): IqRequest => ({
    stanza,
    payload: payload!,
    from: session.jid,
    to,
    session,
    home,
    isOwner,
  });
  if (isServer || isOwner) return handle(registration, request(session.home));
  if (by === 'owner') throw new StanzaError('service-unavailable');
  const { homes } = session.home;
  return homes.load(to.bare).then((home) => {
    if (home !== undefined && homes.hooks.run(iqToAccount, { home, from: session.jid }) === 'stop') {
      throw new StanzaError('service-unavailable');
    }
    // One who may not ask learns the same as one who asks about nobody (RFC 6121 §8.5.1).
    if (home !== undefined && (by === 'anyone' || maySee(home, session.jid.bare, session.jid.resource))) {
      return handle(registration, request(home));
    }
    if (otherwise === undefined) throw new StanzaError('service-unavailable');
    sendResult(request(session.home), otherwise(payload!));
  });
}

function handle(registration: IqRegistration, iq: IqRequest): void | Promise<void> {
  const answer = registration.handler(iq);
  if (answer instanceof Promise) return answer.then((payload) => sendResult(iq, payload));
  sendResult(iq, answer);
}

function sendResult(iq: IqRequest, payload: Element | undefined): void {
  const { id, to } = iq.stanza.attributes;
  iq.session.send(element('iq', NS_CLIENT, { type: 'result', id, from: to, to: iq.from.full }, payload));
}

/** RFC 6120 §8.4: the namespace may be known and only the request not. */
function unknownRequest(session: Session, payload: Element): StanzaError {
  // RFC 6120 §7.6: a stream has one resource.
  if (payload.is('bind', NS_BIND)) return new StanzaError('not-allowed', { text: 'A resource is bound already.' });
  const known = [...session.xmpp.iqGet.keys(), ...session.xmpp.iqSet.keys()].some((key) =>
    key.startsWith(`${payload.ns} `),
  );
  return new StanzaError(known ? 'feature-not-implemented' : 'service-unavailable');
}

/** RFC 6121 §8.5.3: to the device that is named, or an error where there is none. */
function toDevice(session: Session, stanza: Element, to: Jid, isRequest: boolean): void | Promise<void> {
  const text = serialize(stanza, NS_CLIENT);
  const taken = session.home.homes.offer(to.bare, to.resource, 'xmpp', text, session.jid.full, isRequest);
  const answer = (delivered: boolean): void => {
    if (!delivered && isRequest) throw new StanzaError('service-unavailable');
  };
  return taken instanceof Promise ? taken.then(answer) : answer(taken);
}
