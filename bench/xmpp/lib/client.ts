/**
 * One XMPP client session.
 *
 * It has two ways to take what the server sends: stanza by stanza (log-in, roster, joins), or raw text for a hot path
 * that looks for tracers only.
 */
import { type Address, Connection } from './connection.ts';
import { chooseMechanism, plainInitial, ScramClient } from './sasl.ts';
import { attribute, childText, elementName, escapeXml, StanzaSplitter } from './splitter.ts';
import { StreamManagement } from './stream-management.ts';

export interface Target extends Address {
  /** 'auto', 'scram' or a mechanism's name. */
  auth: string;
  userPrefix: string;
  /** %u stands for the user name. */
  passwordPattern: string;
}

interface Waiter {
  matches: (xml: string) => boolean;
  resolve: (xml: string) => void;
  reject: (error: Error) => void;
  timer: NodeJS.Timeout;
}

const REPLY_TIMEOUT_MS = 60_000;

export class XmppClient {
  readonly index: number;
  readonly user: string;
  readonly bareJid: string;
  /** The full JID that the server bound. */
  jid = '';
  /** Takes stanzas that nothing waits for; pings are answered before it. */
  onStanza: ((xml: string) => void) | undefined;
  /** The connection ended without close() having been called. */
  lost = false;
  /** Stanzas of type error seen in raw mode. */
  rawErrors = 0;

  #target: Target;
  #connection: Connection;
  #splitter: StanzaSplitter;
  #management: StreamManagement | undefined;
  #raw: ((text: string) => void) | undefined;
  #waiters: Waiter[] = [];
  #header = '';
  #closing = false;
  #nextId = 0;

  constructor(target: Target, index: number) {
    this.#target = target;
    this.index = index;
    this.user = `${target.userPrefix}${index}`;
    this.bareJid = `${this.user}@${target.domain}`;
    this.#connection = new Connection(target, {
      text: (text) => this.#take(text),
      end: (error) => this.#gone(error),
    });
    this.#splitter = new StanzaSplitter({
      header: (tag) => {
        this.#header = tag;
      },
      stanza: (xml) => this.#dispatch(xml),
      end: () => this.#gone(new Error('the server closed the stream')),
    });
  }

  get password(): string {
    return this.#target.passwordPattern.replaceAll('%u', this.user);
  }

  /** Whether the session is up. */
  get open(): boolean {
    return !this.lost && !this.#closing;
  }

  /** The TLS version, cipher and key of the connection. */
  get security(): string {
    return this.#connection.security;
  }

  /** Sends one stanza. */
  write(stanza: string): void {
    if (this.#management !== undefined) this.#management.sent++;
    this.#connection.write(stanza);
  }

  /** Resolves with the next element that matches. Call it in the same turn as the write that asks for it. */
  expect(matches: (xml: string) => boolean, what: string): Promise<string> {
    return new Promise((resolve, reject) => {
      if (this.lost) {
        reject(new Error(`${this.user}: no connection while waiting for ${what}`));
        return;
      }
      const timer = setTimeout(() => {
        this.#waiters = this.#waiters.filter((w) => w.timer !== timer);
        reject(new Error(`${this.user}: no ${what} within ${REPLY_TIMEOUT_MS} ms`));
      }, REPLY_TIMEOUT_MS);
      this.#waiters.push({ matches, resolve, reject, timer });
    });
  }

  /** Sends an iq and resolves with the reply, be it a result or an error. */
  iq(type: 'get' | 'set', payload: string, to?: string): Promise<string> {
    const id = `q${++this.#nextId}`;
    this.write(`<iq type='${type}' id='${id}'${to === undefined ? '' : ` to='${escapeXml(to)}'`}>${payload}</iq>`);
    const answers = (xml: string): boolean => elementName(xml) === 'iq' && attribute(xml, 'id') === id;
    return this.expect(answers, `reply to iq ${payload.slice(0, 60)}`);
  }

  /** Resolves once the server has taken all that was sent before (it handles a session's stanzas in order). */
  async sync(): Promise<void> {
    await this.iq('get', "<ping xmlns='urn:xmpp:ping'/>", this.#target.domain);
  }

  /** Connects, secures the stream, authenticates and binds a resource. */
  async login(resource = 'bench'): Promise<void> {
    const features = await this.openStream();
    await this.#authenticate(features);
    const bound = await this.#restartStream();
    const request = `<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><resource>${resource}</resource></bind>`;
    const bind = await this.iq('set', request);
    this.jid = childText(bind, 'jid') ?? '';
    if (this.jid === '') throw new Error(`${this.user}: bind failed: ${bind}`);
    // RFC 3921 sessions, for servers that still insist on them.
    const session = /<(?:[\w.-]+:)?session[\s>/].*?(?:\/>|session>)/s.exec(bound)?.[0];
    if (session !== undefined && !session.includes('optional')) {
      await this.iq('set', "<session xmlns='urn:ietf:params:xml:ns:xmpp-session'/>");
    }
  }

  /** Connects and secures the stream; resolves with the features. */
  async openStream(): Promise<string> {
    await this.#connection.open();
    const features = await this.#restartStream();
    if (this.#target.tls !== 'starttls') return features;
    if (!features.includes('urn:ietf:params:xml:ns:xmpp-tls')) throw new Error('the server does not offer STARTTLS');
    this.#connection.write("<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>");
    await this.expect((xml) => elementName(xml) === 'proceed', 'STARTTLS proceed');
    await this.#connection.startTls();
    return this.#restartStream();
  }

  /** Asks for the roster and goes online, as a client does first of all. */
  async goOnline(): Promise<void> {
    await this.iq('get', "<query xmlns='jabber:iq:roster'/>");
    this.write('<presence/>');
    await this.sync();
  }

  /** Switches stream management on (XEP-0198 §3), both ways; for a session that is not in raw mode. */
  async manage(): Promise<StreamManagement> {
    const management = new StreamManagement((text) => this.#connection.write(text));
    management.enable();
    const answers = (xml: string): boolean => ['enabled', 'failed'].includes(elementName(xml));
    const answer = this.expect((xml) => {
      if (!answers(xml)) return false;
      // From here on both sides count, so not a turn later.
      if (elementName(xml) === 'enabled') this.#management = management;
      return true;
    }, 'answer to <enable/>');
    if (elementName(await answer) !== 'enabled') throw new Error(`${this.user}: no stream management: ${await answer}`);
    return management;
  }

  /** Hands all that comes from now on to `raw`, unparsed. */
  enterRaw(raw: (text: string) => void): void {
    this.#raw = raw;
  }

  /** Back to stanzas. The stream must be quiet. */
  leaveRaw(): void {
    this.#raw = undefined;
    this.#splitter.resync();
  }

  close(): Promise<void> {
    if (!this.open) return Promise.resolve();
    this.#closing = true;
    return this.#connection.close('</stream:stream>');
  }

  /** Opens a new stream and resolves with its features. */
  #restartStream(): Promise<string> {
    this.#splitter.restart();
    this.#connection.write(
      `<?xml version='1.0'?><stream:stream to='${escapeXml(this.#target.domain)}' version='1.0' xml:lang='en'` +
        ` xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>`,
    );
    return this.expect((xml) => elementName(xml) === 'features', 'stream features');
  }

  async #authenticate(features: string): Promise<void> {
    const offered = [...features.matchAll(/<(?:[\w.-]+:)?mechanism(?:\s[^>]*)?>([^<]+)</g)].map((m) => m[1] ?? '');
    const mechanism = chooseMechanism(offered, this.#target.auth);
    const scram = mechanism === 'PLAIN' ? undefined : new ScramClient(mechanism, this.user, this.password);
    const initial = scram === undefined ? plainInitial(this.user, this.password) : scram.initial();
    const answers = (xml: string): boolean => ['challenge', 'success', 'failure'].includes(elementName(xml));
    this.#connection.write(`<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='${mechanism}'>${initial}</auth>`);
    let answer = await this.expect(answers, 'SASL answer');
    if (scram !== undefined && elementName(answer) === 'challenge') {
      const response = await scram.respond(textOf(answer));
      this.#connection.write(`<response xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>${response}</response>`);
      answer = await this.expect(answers, 'SASL answer');
    }
    if (elementName(answer) !== 'success') throw new Error(`${this.user}: log-in refused: ${answer}`);
    scram?.verify(textOf(answer));
  }

  #take(text: string): void {
    if (this.#raw === undefined) {
      this.#splitter.push(text);
      return;
    }
    if (text.includes("type='error'") || text.includes('type="error"')) this.rawErrors++;
    if (text.includes('urn:xmpp:ping')) this.#answerPings(text);
    this.#raw(text);
  }

  #dispatch(xml: string): void {
    if (this.#management?.take(xml)) return;
    const index = this.#waiters.findIndex((waiter) => waiter.matches(xml));
    if (index >= 0) {
      for (const waiter of this.#waiters.splice(index, 1)) {
        clearTimeout(waiter.timer);
        waiter.resolve(xml);
      }
      return;
    }
    if (xml.includes('urn:xmpp:ping')) this.#answerPings(xml);
    this.onStanza?.(xml);
  }

  #answerPings(text: string): void {
    for (const [tag] of text.matchAll(/<iq\b[^>]*>(?=\s*<ping\b)/g)) {
      if (attribute(tag, 'type') !== 'get') continue;
      const from = attribute(tag, 'from');
      this.write(`<iq type='result' id='${attribute(tag, 'id')}'${from === undefined ? '' : ` to='${from}'`}/>`);
    }
  }

  #gone(error: Error): void {
    if (!this.#closing && !this.lost) {
      this.lost = true;
      this.#connection.destroy();
    }
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const waiter of waiters) {
      clearTimeout(waiter.timer);
      waiter.reject(new Error(`${this.user}: ${error.message} (stream ${this.#header.slice(0, 80)})`));
    }
  }
}

/** The text of an element that has no children. */
function textOf(xml: string): string {
  return /^<[^>]*>([^<]*)</.exec(xml)?.[1] ?? '';
}
