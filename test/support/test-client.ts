import assert from 'node:assert/strict';
import type { Element, Node } from '#xml/element.ts';
import { parseElement } from '#xml/parse-element.ts';
import { serialize } from '#xml/serializer.ts';
import { type ConnectionOptions, type ProtocolError, XmppConnection } from './xmpp-connection.ts';

const CLIENT_NS = 'jabber:client';
const SASL_NS = 'urn:ietf:params:xml:ns:xmpp-sasl';
const BIND_NS = 'urn:ietf:params:xml:ns:xmpp-bind';
const TIMEOUT_MS = 10_000;

/**
 * What is expected: XML in which everything that is said must be there (and more may be), or a function. `{any}` stands
 * for any attribute value or text.
 */
export type Pattern = string | ((element: Element) => boolean);

/** A client for tests that read like a specification: says and expects XML, and keeps what nobody asked for yet. */
export class TestClient {
  /** The features of the stream as it stands. */
  features!: Element;
  /** The full JID, once bound. */
  jid = '';
  /** Resolves when the connection is over: with the stream error, where there was one. */
  readonly closed: Promise<ProtocolError | undefined>;
  #connection: XmppConnection;
  #received: Element[] = [];
  #waiting: { matches: (element: Element) => boolean; resolve: (element: Element) => void }[] = [];
  #lastId = 0;

  private constructor(connection: XmppConnection) {
    this.#connection = connection;
    connection.onElement = (element) => this.#take(element);
    this.closed = new Promise((resolve) => {
      connection.onClosed = resolve;
    });
  }

  /** Opens a TLS connection and a stream on it. */
  static async connect(options: ConnectionOptions): Promise<TestClient> {
    const connection = await XmppConnection.open({ timeoutMs: TIMEOUT_MS, ...options });
    const client = new TestClient(connection);
    await client.openStream();
    return client;
  }

  get bare(): string {
    return this.jid.slice(0, this.jid.indexOf('/'));
  }

  /** The first stream, or another one on the same connection (RFC 6120 §4.3.3). */
  async openStream(): Promise<void> {
    this.features = await this.#connection.openStream();
    this.#received = this.#received.filter((element) => element !== this.features);
  }

  /** Signs in and opens the stream after it. @throws {Error} when it is refused */
  async authenticate(user: string, password: string): Promise<void> {
    const credentials = Buffer.from(`\0${user}\0${password}`).toString('base64');
    this.send(`<auth xmlns='${SASL_NS}' mechanism='PLAIN'>${credentials}</auth>`);
    const answer = await this.expect((element) => element.ns === SASL_NS);
    if (answer.name !== 'success') throw new Error(`sign-in was refused: ${serialize(answer)}`);
    await this.openStream();
  }

  async bind(resource: string): Promise<void> {
    const answer = await this.iq('set', `<bind xmlns='${BIND_NS}'><resource>${resource}</resource></bind>`);
    this.jid = answer.child('bind', BIND_NS)?.childText('jid') ?? '';
    assert.notEqual(this.jid, '', serialize(answer));
  }

  /** Sends an element; without a namespace of its own it is one of jabber:client. */
  send(xml: string): void {
    this.#connection.send(parseElement(xml, CLIENT_NS));
  }

  /** Sends initial presence and waits until it has come back. */
  async becomeAvailable(content = ''): Promise<void> {
    this.send(`<presence>${content}</presence>`);
    await this.expect((stanza) => stanza.name === 'presence' && stanza.attributes.from === this.jid);
  }

  /** Takes the first element that matches, of those that have come or else of those to come. */
  expect(pattern: Pattern): Promise<Element> {
    const matches = typeof pattern === 'string' ? matcher(pattern) : pattern;
    const index = this.#received.findIndex(matches);
    if (index >= 0) return Promise.resolve(this.#received.splice(index, 1)[0]!);
    return new Promise((resolve, reject) => {
      const fail = (why: string) => {
        clearTimeout(timer);
        this.#waiting = this.#waiting.filter((other) => other !== entry);
        const others = this.#received.map((element) => `\n  ${serialize(element, CLIENT_NS)}`).join('');
        reject(new Error(`${this.jid}: ${why}, waiting for ${pattern}; there came${others || ' nothing'}`));
      };
      const entry = {
        matches,
        resolve: (element: Element) => {
          clearTimeout(timer);
          resolve(element);
        },
      };
      const timer = setTimeout(() => fail(`nothing within ${TIMEOUT_MS} ms`), TIMEOUT_MS);
      this.#waiting.push(entry);
      void this.closed.then((fault) => {
        if (this.#waiting.includes(entry)) fail(`closed (${fault?.message ?? 'without an error'})`);
      });
    });
  }

  /** Sends an IQ request. @returns its answer, a result or an error */
  async iq(type: 'get' | 'set', payload: string, to?: string): Promise<Element> {
    const id = `test-${++this.#lastId}`;
    const address = to === undefined ? '' : ` to='${to}'`;
    this.send(`<iq type='${type}' id='${id}'${address}>${payload}</iq>`);
    return this.expect((stanza) => stanza.name === 'iq' && stanza.attributes.id === id && isAnswer(stanza));
  }

  /** Sends an IQ request that must succeed. @returns the payload of the result, where it has one */
  async ask(type: 'get' | 'set', payload: string, to?: string): Promise<Element | undefined> {
    const answer = await this.iq(type, payload, to);
    assert.equal(answer.attributes.type, 'result', serialize(answer));
    return answer.firstChild();
  }

  /** Sends an IQ request that must be refused. @returns `type, condition` of the error */
  async refusal(type: 'get' | 'set', payload: string, to?: string): Promise<string> {
    return errorOf(await this.iq(type, payload, to));
  }

  /** Takes all that has come so far and matches; waits for nothing. */
  expectAll(matches: (element: Element) => boolean): Element[] {
    const found = this.#received.filter(matches);
    this.#received = this.#received.filter((element) => !found.includes(element));
    return found;
  }

  /** What has come and was not expected, once the server has dealt with all that was sent before. Forgets it. */
  async rest(): Promise<Element[]> {
    await this.iq('get', `<nothing xmlns='urn:example:nothing'/>`);
    return this.#received.splice(0);
  }

  /** Fails when anything has come that was not expected. */
  async expectNothingMore(): Promise<void> {
    assert.deepEqual(
      (await this.rest()).map((element) => serialize(element, CLIENT_NS)),
      [],
    );
  }

  /** Signs out. */
  close(): Promise<void> {
    return this.#connection.close();
  }

  /** Drops the connection without a word, as a lost network would. */
  drop(): void {
    this.#connection.destroy();
  }

  #take(element: Element): void {
    const index = this.#waiting.findIndex(({ matches }) => matches(element));
    if (index >= 0) this.#waiting.splice(index, 1)[0]!.resolve(element);
    else this.#received.push(element);
  }
}

/** `type, condition` of an error stanza, as in 'cancel, item-not-found'. */
export function errorOf(stanza: Element): string {
  const error = stanza.child('error');
  assert.ok(error, `no error: ${serialize(stanza)}`);
  return `${error.attributes.type}, ${error.firstChild('urn:ietf:params:xml:ns:xmpp-stanzas')?.name}`;
}

function isAnswer({ attributes: { type } }: Element): boolean {
  return type === 'result' || type === 'error';
}

function matcher(xml: string): (element: Element) => boolean {
  const pattern = parseElement(xml, CLIENT_NS);
  return (element) => contains(element, pattern);
}

/** Whether an element has all that a pattern says; `{any}` is any value, and any text. */
export function contains(element: Element, pattern: Element): boolean {
  if (!element.is(pattern.name, pattern.ns)) return false;
  for (const [name, value] of Object.entries(pattern.attributes)) {
    const actual = element.attributes[name];
    if (actual === undefined || (value !== '{any}' && value !== actual)) return false;
  }
  return pattern.children.every((child) => containsNode(element, child));
}

function containsNode(element: Element, child: Node): boolean {
  if (typeof child !== 'string') return element.elements().some((other) => contains(other, child));
  const text = child.trim();
  return text === '' || text === '{any}' || element.text().trim() === text;
}
