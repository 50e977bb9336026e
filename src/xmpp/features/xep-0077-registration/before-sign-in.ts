import { type Element, element } from '#xml/element.ts';
import { toStanzaError } from '../../failures.ts';
import type { ClientStream } from '../../stream/client-stream.ts';
import { Jid } from '../../wire/jid.ts';
import { NS_CLIENT } from '../../wire/namespaces.ts';
import { errorReply } from '../../wire/stanza-error.ts';
import { StreamError } from '../../wire/stream-error.ts';
import { NS_REGISTER, readFields, refusal, refusalOf, registrationFields } from './fields.ts';
import type { Rates } from './rates.ts';

/** Requests on one connection: enough to choose another name a few times. */
const MAX_REQUESTS = 20;

/** What one connection has done. */
interface Progress {
  requests: number;
  registered: boolean;
}

/** §3.1.1: takes the requests of clients that have not signed in, on a connection that nobody else reads. */
export function takeBeforeSignIn(settings: { readonly registration: boolean }, rates: Rates) {
  const progress = new WeakMap<ClientStream, Progress>();

  return (stream: ClientStream, iq: Element): Promise<void> | undefined => {
    const query = iq.firstChild();
    const { type, id } = iq.attributes;
    const isRequest = iq.name === 'iq' && id !== undefined && (type === 'get' || type === 'set');
    if (!isRequest || !query?.is('query', NS_REGISTER) || !isForServer(stream, iq)) return undefined;
    return answer(stream, iq, query);
  };

  async function answer(stream: ClientStream, iq: Element, query: Element): Promise<void> {
    const done = progress.get(stream) ?? { requests: 0, registered: false };
    progress.set(stream, done);
    if (++done.requests > MAX_REQUESTS) throw new StreamError('policy-violation', 'Too many requests before sign-in.');
    try {
      if (!settings.registration) throw refusal('service-unavailable', 'Accounts are not made this way here.');
      const payload = iq.attributes.type === 'get' ? registrationFields() : await register(stream, query, done);
      const attributes = { type: 'result', id: iq.attributes.id, from: stream.domain };
      if (!stream.closed) stream.send(element('iq', NS_CLIENT, attributes, payload));
    } catch (error) {
      const refused = toStanzaError(refusalOf(error, 'not-acceptable'), stream.xmpp.log);
      stream.xmpp.counts.stanzaErrors.of(refused.condition).add(1);
      if (!stream.closed) stream.send(errorReply(iq, refused, stream.domain));
    }
  }

  async function register(stream: ClientStream, query: Element, done: Progress): Promise<undefined> {
    if (query.child('remove') !== undefined) throw refusal('unexpected-request', 'Sign in to remove an account.');
    const fields = readFields(query, NS_REGISTER);
    if (fields === 'cancelled') return;
    const { username, password } = fields;
    if (username === undefined || password === undefined) {
      throw refusal('not-acceptable', 'A user name and a password are needed.');
    }
    if (done.registered) throw refusal('not-acceptable', 'One account at a time: sign in with it first.');
    // Each attempt counts: a name that is taken is worth knowing to one who looks for names.
    if (!rates.attempt(stream.address)) {
      throw refusal('not-acceptable', 'Too many accounts were asked for from this network; try later.', 'wait');
    }
    const address = Jid.of(username, stream.domain).bare;
    await stream.xmpp.accounts.add({ address, password });
    done.registered = true;
    stream.xmpp.log.info({ peer: stream.address, account: address }, 'account registered');
  }
}

function isForServer(stream: ClientStream, { attributes: { to } }: Element): boolean {
  return to === undefined || to === stream.domain;
}
