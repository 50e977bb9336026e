import { type Element, element } from '#xml/element.ts';
import { SCRAM_HASHES, ScramClient } from './scram-client.ts';
import { StreamManagement } from './stream-management.ts';
import { type ConnectionOptions, ProtocolError, XmppConnection } from './xmpp-connection.ts';

const CLIENT_NS = 'jabber:client';
const SASL_NS = 'urn:ietf:params:xml:ns:xmpp-sasl';
const BIND_NS = 'urn:ietf:params:xml:ns:xmpp-bind';
const SM_NS = 'urn:xmpp:sm:3';
/** How many stanzas come before an acknowledgement is sent unasked. */
const ACKNOWLEDGE_EVERY = 10;

export interface ClientOptions extends ConnectionOptions {
  user: string;
  password: string;
  handlers?: Partial<ClientHandlers>;
}

export interface ClientHandlers {
  /** A stanza that is no answer to a request of ours. It counts as handled once this has returned. */
  stanza(stanza: Element): void;
  /** The server has taken over these stanzas of ours (XEP-0198), in order. */
  acknowledged(stanzas: Element[]): void;
  /** Nothing more will come; with the reason, where it is the server's fault. */
  closed(fault: ProtocolError | undefined): void;
}

/** The request was answered by a stanza error. */
export class RequestRefused extends Error {
  readonly answer: Element;
  constructor(answer: Element) {
    const error = answer.child('error');
    super(`refused: ${error?.attribute('type')}, ${error?.firstChild()?.name} ${error?.child('text')?.text() ?? ''}`);
    this.answer = answer;
  }
}

/**
 * A small XMPP client for tests and tools: signs in inside TLS, binds, keeps the books of XEP-0198 honestly. What comes
 * is handled in the moment and in the order in which it comes.
 */
export class XmppClient {
  /** The features offered after sign-in. */
  features!: Element;
  /** The full JID; set by `bind` (a resumed session keeps its own). */
  address = '';
  /** Set by `enable` and `resume`. */
  management: StreamManagement | undefined;
  #connection: XmppConnection;
  #handlers: Partial<ClientHandlers>;
  #counting = false;
  #unannounced = 0;
  #lastId = 0;
  #taking: ((stanza: Element) => boolean)[] = [];

  private constructor(connection: XmppConnection, handlers: Partial<ClientHandlers>) {
    this.#connection = connection;
    this.#handlers = handlers;
    connection.onElement = (element) => this.#received(element);
    connection.onClosed = (fault) => this.#handlers.closed?.(fault);
  }

  /** @throws {Error} when the server cannot be reached or refuses; {@link ProtocolError} when it misbehaves */
  static async signIn(options: ClientOptions): Promise<XmppClient> {
    const connection = await XmppConnection.open(options);
    const client = new XmppClient(connection, options.handlers ?? {});
    try {
      await client.#authenticate(await connection.openStream(), options.user, options.password);
      client.features = await connection.openStream();
    } catch (error) {
      client.#handlers = {};
      connection.destroy();
      throw error;
    }
    return client;
  }

  get closed(): boolean {
    return this.#connection.closed;
  }

  /** RFC 6120 §7. @returns the full JID */
  async bind(resource?: string): Promise<string> {
    const wanted = resource === undefined ? undefined : element('resource', BIND_NS, {}, resource);
    const answer = await this.request('set', element('bind', BIND_NS, {}, wanted));
    this.address = answer.child('bind', BIND_NS)?.childText('jid') ?? '';
    if (this.address === '') throw new ProtocolError('RFC 6120 §7.6: an answer to bind without an address');
    return this.address;
  }

  /** XEP-0198 §3, with resumption. */
  async enable(): Promise<StreamManagement> {
    const answer = this.#connection.next('answer to <enable/>', (e) => e.ns === SM_NS && e.name !== 'r');
    this.#connection.send(element('enable', SM_NS, { resume: 'true' }));
    this.management = new StreamManagement();
    const enabled = await answer;
    if (enabled.name !== 'enabled') throw new ProtocolError('XEP-0198 §3: stream management was refused');
    if (['true', '1'].includes(enabled.attribute('resume') ?? '')) this.management.id = enabled.attribute('id');
    return this.management;
  }

  /**
   * XEP-0198 §5: takes up a session whose connection was lost, and sends again what the server did not get.
   * @returns false when the server no longer has it: then bind as usual
   */
  async resume(previous: StreamManagement): Promise<boolean> {
    if (previous.id === undefined) return false;
    const answer = this.#connection.next('answer to <resume/>', (e) => e.ns === SM_NS && e.name !== 'r');
    this.management = previous;
    this.#connection.send(element('resume', SM_NS, { previd: previous.id, h: `${previous.handled}` }));
    const resumed = (await answer).name === 'resumed';
    if (!resumed) this.management = undefined;
    return resumed;
  }

  send(stanza: Element): void {
    this.management?.sent(stanza);
    this.#connection.send(stanza);
  }

  /** @returns the result. @throws {RequestRefused} on a stanza error */
  async request(type: 'get' | 'set', payload: Element, to?: string): Promise<Element> {
    const id = `request-${++this.#lastId}`;
    const answers = (e: Element) => e.is('iq', CLIENT_NS) && e.attribute('id') === id && isAnswer(e);
    const answer = this.#connection.next(`answer to <${payload.name} xmlns='${payload.ns}'/>`, answers);
    this.send(element('iq', CLIENT_NS, { type, id, to }, payload));
    const stanza = await answer;
    if (stanza.attribute('type') === 'error') throw new RequestRefused(stanza);
    return stanza;
  }

  /** Stanzas that `matches` go there instead of to the handler; the returned function ends it and gives them. */
  collect(matches: (stanza: Element) => boolean): () => Element[] {
    const collected: Element[] = [];
    const take = (stanza: Element) => matches(stanza) && collected.push(stanza) > 0;
    this.#taking.push(take);
    return () => {
      this.#taking = this.#taking.filter((other) => other !== take);
      return collected;
    };
  }

  requestAcknowledgement(): void {
    if (this.management) this.#connection.send(element('r', SM_NS));
  }

  close(): Promise<void> {
    return this.#connection.close();
  }

  /** Drops the connection without a word; the session may be resumed. */
  drop(): void {
    this.#connection.destroy();
  }

  async #authenticate(features: Element, user: string, password: string): Promise<void> {
    const offered =
      features
        .child('mechanisms', SASL_NS)
        ?.elements()
        .map((mechanism) => mechanism.text()) ?? [];
    const mechanism = Object.keys(SCRAM_HASHES).find((name) => offered.includes(name));
    if (mechanism === undefined) throw new ProtocolError(`RFC 6120 §13.8.1: no SCRAM among ${offered.join(', ')}`);
    const scram = new ScramClient(mechanism, user, password);
    const challenge = await this.#sasl(element('auth', SASL_NS, { mechanism }, base64(scram.first)), 'challenge');
    const final = await scram.final(challenge);
    scram.verify(await this.#sasl(element('response', SASL_NS, {}, base64(final)), 'success'));
  }

  async #sasl(request: Element, expected: 'challenge' | 'success'): Promise<string> {
    const answer = this.#connection.next('answer to SASL', (e) => e.ns === SASL_NS);
    this.#connection.send(request);
    const { name, ...rest } = await answer;
    if (name !== expected) throw new Error(`SASL: ${name} ${JSON.stringify(rest.children)} instead of ${expected}`);
    return Buffer.from(rest.children.join(''), 'base64').toString();
  }

  #received(received: Element): void {
    if (received.ns === SM_NS) this.#receivedManagement(received);
    else if (received.ns === CLIENT_NS) this.#receivedStanza(received);
  }

  #receivedManagement(received: Element): void {
    const h = received.attribute('h');
    if (received.name === 'r') this.#acknowledge();
    if (received.name === 'enabled' || received.name === 'resumed') this.#counting = true;
    if (received.name === 'a' || received.name === 'resumed') this.#acknowledged(Number(h));
    // A session that is gone may still tell how far it came (XEP-0198 §5).
    if (received.name === 'failed' && h !== undefined) this.#acknowledged(Number(h));
    if (received.name === 'resumed') for (const s of this.management!.unacknowledged) this.#connection.send(s);
  }

  #acknowledged(h: number): void {
    let stanzas: Element[] = [];
    try {
      stanzas = this.management?.acknowledge(h) ?? [];
    } catch (error) {
      throw new ProtocolError((error as Error).message);
    }
    if (stanzas.length > 0) this.#handlers.acknowledged?.(stanzas);
  }

  #receivedStanza(stanza: Element): void {
    const taken = this.#taking.some((take) => take(stanza));
    if (!taken && !(stanza.name === 'iq' && isAnswer(stanza))) this.#handlers.stanza?.(stanza);
    if (!this.#counting) return;
    this.management?.received();
    if (++this.#unannounced >= ACKNOWLEDGE_EVERY) this.#acknowledge();
  }

  #acknowledge(): void {
    this.#unannounced = 0;
    if (this.management) this.#connection.send(element('a', SM_NS, { h: `${this.management.handled}` }));
  }
}

function isAnswer(iq: Element): boolean {
  return ['result', 'error'].includes(iq.attribute('type') ?? '');
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}
