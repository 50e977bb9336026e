import { randomUUID } from 'node:crypto';
import type { Socket } from 'node:net';
import type { Account } from '#accounts/accounts.ts';
import { type Element, element } from '#xml/element.ts';
import { escapeAttribute, serialize } from '#xml/serializer.ts';
import type { XmppEdge } from '../edge.ts';
import { toStanzaError } from '../failures.ts';
import { routeStanza } from '../router.ts';
import type { Session } from '../session.ts';
import { Connection, type ConnectionOwner } from '../transport/connection.ts';
import { Jid } from '../wire/jid.ts';
import { NS_BIND, NS_CLIENT, NS_SASL, NS_STREAM, NS_TLS } from '../wire/namespaces.ts';
import { errorReply } from '../wire/stanza-error.ts';
import { StreamError } from '../wire/stream-error.ts';
import { isStanza, type StreamEvent, StreamParser } from '../wire/stream-parser.ts';
import { Authentication } from './authentication.ts';
import { bindResource } from './bind.ts';
import { InTurn } from './in-turn.ts';

/** Where the setting up of a stream stands (RFC 6120 §4.3.3): what the client may do next. */
type Phase = 'secure' | 'authenticate' | 'bind' | 'established';

/** Beyond this many stanzas waiting for one that takes time, the connection is not read. */
const MAX_WAITING = 100;

/** The stream of a client: set up step by step (RFC 6120 §4 to §7), afterwards a pipe to the session. */
export class ClientStream implements ConnectionOwner {
  readonly xmpp: XmppEdge;
  /** When the connection was opened, epoch milliseconds. */
  readonly openedAt: number;
  /** The domain that it is for, once the client has said so. */
  domain = '';
  /** RFC 6120 §4.7.4: the language of what the client says, unless it says otherwise. */
  lang: string | undefined;
  /** Who has signed in. */
  account: Account | undefined;
  session: Session | undefined;
  /** `Accounts.revision` when it was last known that `account` may sign in. */
  #accountRevision = 0;
  #connection: Connection;
  #parser: StreamParser;
  #events = new InTurn<StreamEvent>(
    (event) => this.#handle(event),
    (error) => this.#fail(error),
  );
  #phase: Phase = 'secure';
  #authentication: Authentication | undefined;
  #headerSent = false;
  #headerReceived = false;
  #closed = false;

  constructor(xmpp: XmppEdge, socket: Socket, directTls: boolean) {
    this.xmpp = xmpp;
    this.openedAt = xmpp.clock.now();
    this.#parser = this.#newParser();
    this.#connection = new Connection(xmpp, socket, this);
    if (directTls) this.#connection.startTls('');
    else this.#connection.listen();
  }

  /** The client's network address. */
  get address(): string {
    return this.#connection.address;
  }

  get lastReadAt(): number {
    return this.#connection.lastReadAt;
  }

  get secured(): boolean {
    return this.#connection.tls !== undefined;
  }

  get established(): boolean {
    return this.#phase === 'established';
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Writes text; it goes out with all else of this turn. */
  write(text: string): void {
    if (!this.#closed) this.#connection.write(text);
  }

  send(child: Element): void {
    this.write(serialize(child, NS_CLIENT));
  }

  /** See `Connection.drained`. */
  drained(): Promise<void> | undefined {
    return this.#closed ? undefined : this.#connection.drained();
  }

  /** Ends the stream from our side (RFC 6120 §4.4, §4.9), with an error or without. */
  close(error?: StreamError): void {
    if (this.#closed) return;
    if (error !== undefined) {
      const { counts, log } = this.xmpp;
      counts.streamErrors.of(error.condition).add(1);
      log.debug({ peer: this.address, account: this.account?.address, reason: error.message }, 'stream error');
      if (!this.#headerSent) this.#sendHeader();
      this.write(error.serialize());
    }
    if (this.#headerSent) this.write('</stream:stream>');
    this.#closed = true;
    this.#connection.end();
    this.#leave();
  }

  /** Cuts the connection: nobody is at its other end any more. */
  abort(): void {
    this.#connection.destroy();
  }

  /** The session is taken up by this stream: bound anew, or resumed (XEP-0198). */
  establish(session: Session): void {
    this.session = session;
    session.stream = this;
    this.#phase = 'established';
    this.#authentication = undefined;
    const { maxStanzaBytes, maxDepth, maxAttributes } = this.xmpp.limits;
    this.#parser.limits = { maxStanzaBytes, maxDepth, maxAttributes };
    this.xmpp.signedIn(this);
  }

  /** Nothing has come for a while, and may not for long: memory is let go of. */
  rest(): void {
    if (this.established) this.#parser.rest();
  }

  /** Takes the session away: another stream has it now. */
  detach(): void {
    this.session = undefined;
  }

  /** Whether no account has lost a right since it was known that this one may sign in. */
  get accountHolds(): boolean {
    return this.#accountRevision === this.xmpp.accounts.revision;
  }

  /**
   * Sees to it that who has signed in still may: the account may have been removed, disabled or given another password
   * since. Whoever then waits for something else has to look at `accountHolds` afterwards.
   * @throws {StreamError} 'not-authorized'
   */
  async confirmAccount(): Promise<void> {
    const account = this.account!;
    while (!this.accountHolds) {
      const { revision } = this.xmpp.accounts;
      const now = await this.xmpp.accounts.find(account.address);
      if (now?.id !== account.id || !now.enabled || now.passwordChangedAt !== account.passwordChangedAt) {
        throw new StreamError('not-authorized', 'The account was changed after the sign-in.');
      }
      this.#accountRevision = revision;
    }
  }

  onBytes(bytes: Buffer): void {
    if (this.#closed) return;
    const parser = this.#parser;
    const events = parser.feed(bytes);
    // With a restart the old stream is over, and what came after its last word was never said (RFC 6120 §5.3.3).
    for (let i = 0; i < events.length && parser === this.#parser; i++) this.#events.take(events[i]!);
    if (this.#events.length > MAX_WAITING) this.#connection.held = true;
  }

  onClosed(): void {
    if (!this.#closed && this.#phase === 'secure' && this.#headerReceived) this.xmpp.counts.refused.of('no-tls').add(1);
    this.#closed = true;
    this.#leave();
  }

  #leave(): void {
    this.xmpp.streamGone(this);
    const session = this.session;
    this.session = undefined;
    if (session !== undefined && session.stream === this) session.disconnected();
  }

  #fail(error: unknown): void {
    if (!(error instanceof StreamError)) this.xmpp.log.error({ err: error, peer: this.address }, 'a stream failed');
    this.close(error instanceof StreamError ? error : new StreamError('internal-server-error'));
  }

  #handle(event: StreamEvent): void | Promise<void> {
    if (this.#closed) return;
    if (this.#events.length <= MAX_WAITING) this.#connection.held = false;
    switch (event.kind) {
      case 'malformed':
        throw event.error;
      case 'header':
        return this.#onHeader(event.header, event.content);
      case 'end':
        // Signed out: nothing is kept for such a client.
        this.session?.finish();
        return this.close();
      case 'element':
        return this.#phase === 'established' ? this.#onStanza(event.element) : this.#onSetUp(event.element);
    }
  }

  #onStanza(child: Element): void | Promise<void> {
    if (isStanza(child)) return routeStanza(this.session!, child);
    const handler = this.xmpp.elementHandler(child);
    if (handler === undefined) {
      throw new StreamError('unsupported-stanza-type', `<${child.name}/> has no meaning here.`);
    }
    handler(this.session!, child);
  }

  /** An element before a resource is bound. */
  #onSetUp(child: Element): void | Promise<void> {
    if (child.ns === NS_TLS && child.name === 'starttls') return this.#onStartTls();
    if (child.ns === NS_SASL) return this.#onSasl(child);
    if (this.#phase === 'bind') return this.#onBind(child);
    const handler = isStanza(child) ? this.xmpp.beforeSignIn : undefined;
    const taking = this.secured || !this.xmpp.listeners.requireTls ? handler?.(this, child) : undefined;
    if (taking === undefined) throw new StreamError('not-authorized', 'Sign in first.');
    return taking;
  }

  /** RFC 6120 §4.7. */
  #onHeader(header: Element, content: string): void {
    this.#headerReceived = true;
    const { to, version, 'xml:lang': lang } = header.attributes;
    this.lang = lang !== undefined && /^[A-Za-z0-9-]{1,35}$/.test(lang) ? lang : undefined;
    const domain = to === undefined ? this.#assumedDomain() : hostOf(to);
    const known = domain !== undefined && this.xmpp.isLocal(domain);
    const changed = this.domain !== '' && domain !== this.domain;
    if (known && !changed) this.domain = domain;
    this.#sendHeader();
    if (content !== NS_CLIENT) throw new StreamError('invalid-namespace', `The content namespace is ${NS_CLIENT}.`);
    if (!known) throw new StreamError('host-unknown', `This server is ${[...this.xmpp.domains].join(', ')}.`);
    if (changed) throw new StreamError('improper-addressing', 'A stream keeps its domain (RFC 6120 §4.7.2).');
    if (version === undefined || !/^[1-9]\d*\.\d+$/.test(version)) {
      throw new StreamError('unsupported-version', 'The version is 1.0.');
    }
    this.#sendFeatures();
  }

  /** One that names no domain is taken to mean the one that the server was made for (RFC 6120 §4.7.2). */
  #assumedDomain(): string | undefined {
    return this.xmpp.domains.values().next().value;
  }

  #sendHeader(): void {
    this.#headerSent = true;
    const from = this.domain !== '' ? this.domain : (this.#assumedDomain() ?? '');
    this.write(
      `<?xml version='1.0'?><stream:stream xmlns='${NS_CLIENT}' xmlns:stream='${NS_STREAM}'` +
        ` id='${randomUUID()}' from='${escapeAttribute(from)}' version='1.0' xml:lang='en'>`,
    );
  }

  #newParser(): StreamParser {
    const { maxStanzaBytesBeforeSignIn, maxDepth, maxAttributes } = this.xmpp.limits;
    return new StreamParser({ maxStanzaBytes: maxStanzaBytesBeforeSignIn, maxDepth, maxAttributes });
  }

  /** A new stream on the same connection (RFC 6120 §4.3.3). */
  #restart(phase: Phase): void {
    this.#phase = phase;
    this.#headerSent = false;
    this.#headerReceived = false;
    this.#parser = this.#newParser();
    this.#events.clear();
  }

  #sendFeatures(): void {
    const features: Element[] = [];
    if (this.account === undefined) {
      const { requireTls } = this.xmpp.listeners;
      if (!this.secured) {
        features.push(element('starttls', NS_TLS, {}, requireTls ? element('required', NS_TLS) : undefined));
      }
      if (this.secured || !requireTls) {
        this.#phase = 'authenticate';
        this.#authentication ??= new Authentication(this.xmpp, this.address);
        features.push(...this.#authentication.features(this.domain, this.#connection.tls));
        features.push(...this.xmpp.streamFeatures('before-sign-in', this));
      }
    } else {
      features.push(element('bind', NS_BIND), ...this.xmpp.streamFeatures('after-sign-in', this));
    }
    const inside = features.map((feature) => serialize(feature, NS_CLIENT)).join('');
    this.write(`<stream:features>${inside}</stream:features>`);
  }

  /** RFC 6120 §5.4.2. What was sent in the clear after <starttls/> has no place in the secured stream. */
  #onStartTls(): void {
    if (this.secured || this.account !== undefined) throw new StreamError('policy-violation', 'TLS is on already.');
    if (!this.#headerReceived) throw new StreamError('bad-format');
    this.write(`<proceed xmlns='${NS_TLS}'/>`);
    this.#connection.flush();
    this.#restart('secure');
    this.#connection.startTls(this.domain);
  }

  /** RFC 6120 §6.4. */
  async #onSasl(child: Element): Promise<void> {
    if (this.account !== undefined) throw new StreamError('policy-violation', 'Signed in already.');
    this.#authentication ??= new Authentication(this.xmpp, this.address);
    const place = { domain: this.#headerReceived ? this.domain : '', tls: this.#connection.tls };
    const signedIn = await this.#authentication.take(child, place, (answer) => this.send(answer));
    if (signedIn === undefined || this.#closed) return;
    if (this.#events.length > 0 || !this.#parser.isBetweenElements) {
      throw new StreamError('policy-violation', 'After success a client opens a new stream (RFC 6120 §6.4.6).');
    }
    this.account = signedIn.account;
    this.#accountRevision = signedIn.revision;
    this.#restart('bind');
  }

  /** RFC 6120 §7; a feature may take the place of binding (XEP-0198 resumes). */
  async #onBind(child: Element): Promise<void> {
    if (!this.accountHolds) await this.confirmAccount();
    const request = child.child('bind', NS_BIND);
    if (child.is('iq', NS_CLIENT) && child.attributes.type === 'set' && request !== undefined) {
      try {
        const session = await bindResource(this, this.account!, request.childText('resource'));
        if (session === undefined) return;
        const bound = element('bind', NS_BIND, {}, element('jid', NS_BIND, {}, session.jid.full));
        this.send(element('iq', NS_CLIENT, { type: 'result', id: child.attributes.id }, bound));
        this.xmpp.started(session);
      } catch (error) {
        if (error instanceof StreamError) throw error;
        const refusal = toStanzaError(error, this.xmpp.log);
        this.xmpp.counts.stanzaErrors.of(refusal.condition).add(1);
        this.send(errorReply(child, refusal));
      }
      return;
    }
    const handler = this.xmpp.bindElementHandler(child);
    if (handler === undefined) throw new StreamError('not-authorized', 'Bind a resource first (RFC 6120 §7).');
    await handler(this, child);
  }
}

function hostOf(to: string): string | undefined {
  try {
    return Jid.parse(to).domain;
  } catch {
    return undefined;
  }
}
