import { randomUUID } from 'node:crypto';
import type { Socket } from 'node:net';
import { type SecureContext, TLSSocket } from 'node:tls';
import type { Account } from '#accounts/accounts.ts';
import { type Element, element } from '#xml/element.ts';
import { escapeAttribute, serialize } from '#xml/serializer.ts';
import type { XmppEdge } from '../edge.ts';
import { toStanzaError } from '../failures.ts';
import { routeStanza } from '../router.ts';
import type { Session } from '../session.ts';
import type { Flushable } from '../transport/flusher.ts';
import { Jid } from '../wire/jid.ts';
import { NS_BIND, NS_CLIENT, NS_SASL, NS_STREAM, NS_TLS } from '../wire/namespaces.ts';
import { errorReply } from '../wire/stanza-error.ts';
import { StreamError } from '../wire/stream-error.ts';
import { isStanza, type StreamEvent, StreamParser } from '../wire/stream-parser.ts';
import { bindResource } from './bind.ts';
import { certificateIdentities } from './certificate-identities.ts';
import { channelBindings } from './channel-binding.ts';
import { offeredBindingTypes, offeredMechanisms, startSasl } from './sasl.ts';
import { readSasl, saslAnswer, saslFeatures } from './sasl-elements.ts';
import { SaslFailure } from './sasl-failure.ts';
import type { SaslContext, TlsContext } from './sasl-mechanism.ts';
import { SignIn } from './sign-in.ts';

/** Where the setting up of a stream stands (RFC 6120 §4.3.3): what the client may do next. */
type Phase = 'secure' | 'authenticate' | 'bind' | 'established';

/** Beyond this many stanzas waiting for one that takes time, the socket is not read. */
const MAX_BACKLOG = 100;

/** Who sends a lot waits when the client has not taken so many bytes. */
const MAX_UNSENT_AT_A_TIME = 131_072;

/** One connection of a client, and the stream on it: framing, TLS, sign-in; afterwards a pipe to the session. */
export class ClientStream implements Flushable {
  readonly xmpp: XmppEdge;
  readonly address: string;
  /** When it was opened, and last read from, epoch milliseconds. */
  readonly openedAt: number;
  lastReadAt: number;
  /** The domain that it is for, once the client has said so. */
  domain = '';
  /** RFC 6120 §4.7.4: the language of what the client says, unless it says otherwise. */
  lang: string | undefined;
  /** Who has signed in. */
  account: Account | undefined;
  session: Session | undefined;
  /** `Accounts.revision` when it was last known that `account` may sign in. */
  #accountRevision = 0;
  #socket: Socket;
  #parser: StreamParser;
  #phase: Phase = 'secure';
  #headerSent = false;
  #headerReceived = false;
  #signIn: SignIn | undefined;
  #failedAttempts = 0;
  #tls: TlsContext | undefined;
  #out = '';
  #busy = false;
  #backlog: StreamEvent[] = [];
  #closed = false;
  #budget = 0;
  #budgetSecond = 0;

  constructor(xmpp: XmppEdge, socket: Socket, directTls: boolean) {
    this.xmpp = xmpp;
    this.address = socket.remoteAddress ?? '';
    this.openedAt = this.lastReadAt = xmpp.clock.now();
    this.#socket = socket;
    this.#parser = this.#newParser();
    socket.setNoDelay(true);
    if (directTls) this.#startTls();
    else this.#listen(socket);
  }

  get secured(): boolean {
    return this.#tls !== undefined;
  }

  get established(): boolean {
    return this.#phase === 'established';
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Bytes that the client has not taken yet. */
  get unsentBytes(): number {
    return this.#out.length + this.#socket.writableLength;
  }

  /** Writes text; it goes out with all else of this turn. */
  write(text: string): void {
    if (this.#closed) return;
    if (this.#out === '') this.xmpp.flusher.add(this);
    this.#out += text;
  }

  send(child: Element): void {
    this.write(serialize(child, NS_CLIENT));
  }

  /** @param written called once the client has been sent it, or never will */
  flush(written?: () => void): void {
    const out = this.#out;
    if (out === '') return;
    this.#out = '';
    this.#socket.write(out, written);
    if (this.#socket.writableLength > this.xmpp.limits.maxUnsentBytes) {
      this.xmpp.counts.refused.of('slow-reader').add(1);
      this.#socket.destroy();
    }
  }

  /**
   * For who sends a lot: resolves when the client has taken what it was sent, or is gone. Undefined: there is little
   * that it has not taken, and it may be sent more.
   */
  drained(): Promise<void> | undefined {
    const enough = Math.min(MAX_UNSENT_AT_A_TIME, this.xmpp.limits.maxUnsentBytes / 2);
    if (this.#closed || this.unsentBytes < enough) return undefined;
    const socket = this.#socket;
    if (this.#out === '' && !socket.writableNeedDrain) return undefined;
    return new Promise((resolve) => {
      const settle = (): void => {
        socket.off('drain', settle).off('close', settle);
        resolve();
      };
      socket.on('close', settle);
      if (this.#out === '') socket.on('drain', settle);
      else this.flush(settle);
    });
  }

  /** Ends the stream from our side (RFC 6120 §4.4, §4.9), with an error or without. */
  close(error?: StreamError): void {
    if (this.#closed) return;
    if (error !== undefined) {
      this.xmpp.counts.streamErrors.of(error.condition).add(1);
      this.xmpp.log.debug(
        { peer: this.address, account: this.account?.address, reason: error.message },
        'stream error',
      );
      if (!this.#headerSent) this.#sendHeader();
      this.write(error.serialize());
    }
    if (this.#headerSent) this.write('</stream:stream>');
    this.flush();
    this.#closed = true;
    this.#socket.end();
    // One that does not close in its turn is not waited for.
    this.xmpp.clock.after(2000, () => this.#socket.destroy());
    this.#leave();
  }

  /** Cuts the connection: nobody is at its other end any more. */
  abort(): void {
    this.#socket.destroy();
  }

  /** The session is taken up by this stream: bound anew, or resumed (XEP-0198). */
  establish(session: Session): void {
    this.session = session;
    session.stream = this;
    this.#phase = 'established';
    this.#signIn = undefined;
    const { maxStanzaBytes, maxDepth, maxAttributes } = this.xmpp.limits;
    this.#parser.limits = { maxStanzaBytes, maxDepth, maxAttributes };
    this.xmpp.signedIn(this);
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

  /** Takes the session away: another stream has it now. */
  detach(): void {
    this.session = undefined;
  }

  // -- the socket

  #listen(socket: Socket): void {
    socket.on('data', (bytes: Buffer) => this.#read(bytes));
    socket.on('error', (err) => this.xmpp.log.debug({ err, peer: this.address }, 'connection failed'));
    socket.on('close', () => this.#gone());
  }

  #newParser(): StreamParser {
    const { maxStanzaBytesBeforeSignIn, maxDepth, maxAttributes } = this.xmpp.limits;
    return new StreamParser({ maxStanzaBytes: maxStanzaBytesBeforeSignIn, maxDepth, maxAttributes });
  }

  #read(bytes: Buffer): void {
    if (this.#closed) return;
    const now = this.xmpp.clock.now();
    this.lastReadAt = now;
    this.#spend(bytes.length, now);
    const parser = this.#parser;
    const events = parser.feed(bytes);
    // With a restart the old stream is over, and what came after its last word was never said (RFC 6120 §5.3.3).
    for (let i = 0; i < events.length && parser === this.#parser; i++) {
      if (this.#busy) this.#backlog.push(events[i]!);
      else this.#take(events[i]!);
    }
    if (this.#backlog.length > MAX_BACKLOG) this.#socket.pause();
  }

  /** One that sends faster than it may waits for the next second. */
  #spend(bytes: number, now: number): void {
    const second = Math.floor(now / 1000);
    if (second !== this.#budgetSecond) {
      this.#budgetSecond = second;
      this.#budget = this.xmpp.limits.bytesPerSecond;
    }
    this.#budget -= bytes;
    if (this.#budget >= 0) return;
    this.xmpp.counts.refused.of('too-fast').add(1);
    this.#socket.pause();
    this.xmpp.clock.after((second + 1) * 1000 - now, () => {
      if (this.#backlog.length <= MAX_BACKLOG) this.#socket.resume();
    });
  }

  #take(event: StreamEvent): void {
    if (this.#closed) return;
    try {
      const handling = this.#handle(event);
      if (handling !== undefined) this.#wait(handling);
    } catch (error) {
      this.#fail(error);
    }
  }

  /** What comes meanwhile waits, so that a client's stanzas are dealt with in their order (RFC 6120 §10.1). */
  #wait(handling: Promise<void>): void {
    this.#busy = true;
    handling.then(
      () => this.#goOn(),
      (error: unknown) => {
        this.#fail(error);
        this.#goOn();
      },
    );
  }

  #goOn(): void {
    this.#busy = false;
    const backlog = this.#backlog;
    this.#backlog = [];
    for (let i = 0; i < backlog.length; i++) {
      if (this.#busy) this.#backlog.push(backlog[i]!);
      else this.#take(backlog[i]!);
    }
    if (this.#backlog.length <= MAX_BACKLOG && this.#socket.isPaused() && this.#budget >= 0) this.#socket.resume();
  }

  #fail(error: unknown): void {
    if (error instanceof StreamError) return this.close(error);
    this.xmpp.log.error({ err: error, peer: this.address }, 'a stream failed');
    this.close(new StreamError('internal-server-error'));
  }

  /** The socket is closed, by whomever. */
  #gone(): void {
    if (!this.#closed) {
      this.#closed = true;
      if (!this.established && this.#phase === 'secure' && this.#headerReceived)
        this.xmpp.counts.refused.of('no-tls').add(1);
    }
    this.#leave();
  }

  #leave(): void {
    this.xmpp.streamGone(this);
    const session = this.session;
    this.session = undefined;
    if (session !== undefined && session.stream === this) session.disconnected();
  }

  // -- the stream

  #handle(event: StreamEvent): void | Promise<void> {
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
        break;
    }
    const child = event.element;
    if (this.#phase === 'established') return this.#onEstablished(child);
    if (child.ns === NS_TLS && child.name === 'starttls') return this.#onStartTls();
    if (child.ns === NS_SASL) return this.#onSasl(child);
    if (this.#phase === 'bind') return this.#onBind(child);
    const handler = isStanza(child) ? this.xmpp.beforeSignIn : undefined;
    const taking = this.secured || !this.xmpp.listeners.requireTls ? handler?.(this, child) : undefined;
    if (taking !== undefined) return taking;
    throw new StreamError('not-authorized', 'Sign in first.');
  }

  #onEstablished(child: Element): void | Promise<void> {
    if (isStanza(child)) return routeStanza(this.session!, child);
    const handler = this.xmpp.elementHandler(child);
    if (handler === undefined)
      throw new StreamError('unsupported-stanza-type', `<${child.name}/> has no meaning here.`);
    handler(this.session!, child);
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

  /** A new stream on the same connection (RFC 6120 §4.3.3). */
  #restart(phase: Phase): void {
    this.#phase = phase;
    this.#headerSent = false;
    this.#headerReceived = false;
    this.#parser = this.#newParser();
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
        const context = this.#saslContext();
        features.push(...saslFeatures(offeredMechanisms(context), offeredBindingTypes(context)));
        features.push(...this.xmpp.streamFeatures('before-sign-in', this));
      }
    } else {
      features.push(element('bind', NS_BIND), ...this.xmpp.streamFeatures('after-sign-in', this));
    }
    const inside = features.map((feature) => serialize(feature, NS_CLIENT)).join('');
    this.write(`<stream:features>${inside}</stream:features>`);
  }

  // -- TLS

  /** RFC 6120 §5.4.2. */
  #onStartTls(): void {
    if (this.secured || this.account !== undefined) throw new StreamError('policy-violation', 'TLS is on already.');
    if (!this.#headerReceived) throw new StreamError('bad-format');
    this.write(`<proceed xmlns='${NS_TLS}'/>`);
    this.flush();
    // What was sent in the clear after <starttls/> has no place in the secured stream.
    this.#socket.removeAllListeners('data');
    this.#restart('secure');
    this.#startTls();
  }

  #startTls(): void {
    const { certificates, listeners } = this.xmpp;
    const wantsCertificate = listeners.clientCertificates !== '';
    const plain = this.#socket;
    plain.removeAllListeners('error');
    plain.removeAllListeners('close');
    let shown = certificates.for(this.domain === '' ? undefined : this.domain);
    const secure = new TLSSocket(plain, {
      isServer: true,
      secureContext: shown.context,
      // The domain is known after STARTTLS, and of one certificate there is no choice.
      ...(this.domain === '' &&
        certificates.hasChoice && {
          SNICallback: (name: string, answer: (error: null, context: SecureContext) => void) => {
            shown = certificates.for(name.toLowerCase());
            answer(null, shown.context);
          },
        }),
      ALPNProtocols: ['xmpp-client'],
      requestCert: wantsCertificate,
      rejectUnauthorized: false,
    });
    this.#socket = secure;
    const failed = (): void => this.xmpp.counts.refused.of('tls-handshake').add(1);
    secure.once('close', failed);
    secure.once('secure', () => {
      secure.off('close', failed);
      const certificate = wantsCertificate && secure.authorized ? secure.getPeerX509Certificate() : undefined;
      this.#tls = {
        channelBindings: channelBindings(secure, shown.certificate),
        ...(certificate !== undefined && { certificate: certificateIdentities(certificate) }),
      };
    });
    this.#listen(secure);
  }

  // -- SASL

  #saslContext(): SaslContext {
    const { listeners, sasl } = this.xmpp;
    return {
      domain: this.domain,
      tls: this.#tls,
      allowed: sasl.mechanisms,
      withoutTls: !listeners.requireTls,
      downgradeProtection: sasl.downgradeProtection,
    };
  }

  /** RFC 6120 §6.4. */
  async #onSasl(child: Element): Promise<void> {
    if (this.account !== undefined) throw new StreamError('policy-violation', 'Signed in already.');
    try {
      if (!this.#headerReceived) throw new SaslFailure('malformed-request');
      const said = readSasl(child);
      if (said === undefined) throw new SaslFailure('malformed-request', `<${child.name}/> is not for clients.`);
      if (said.mechanism !== undefined) {
        this.#signIn = new SignIn(
          startSasl(said.mechanism, this.#saslContext()),
          this.address,
          this.xmpp.signInServices,
        );
      }
      if (this.#signIn === undefined) throw new SaslFailure('malformed-request', 'No sign-in is under way.');
      const answer = await this.#signIn.take(said.input as Parameters<SignIn['take']>[0]);
      if (this.#closed) return;
      if ('failure' in answer) throw new SaslFailure(answer.failure, answer.text ?? '');
      this.send(saslAnswer(answer));
      if ('challenge' in answer) return;
      if (this.#backlog.length > 0 || !this.#parser.isBetweenElements) {
        throw new StreamError(
          'policy-violation',
          'A client waits for success, then opens a new stream (RFC 6120 §6.4.6).',
        );
      }
      this.account = answer.account;
      this.#accountRevision = this.#signIn.revision;
      this.xmpp.counts.signIns.of('success').add(1);
      this.#restart('bind');
    } catch (error) {
      if (!(error instanceof SaslFailure)) throw error;
      this.#refuseSignIn(error);
    }
  }

  /** RFC 6120 §6.4.5: some tries are allowed. */
  #refuseSignIn(failure: SaslFailure): void {
    const address = this.#signIn?.address;
    this.#signIn = undefined;
    this.xmpp.counts.signIns.of(failure.condition).add(1);
    this.xmpp.log.info({ peer: this.address, account: address, reason: failure.condition }, 'sign-in refused');
    this.send(saslAnswer({ failure: failure.condition, ...(failure.text !== '' && { text: failure.text }) }));
    // COMPAT(slixmpp, before 1.8.5): binds TLS 1.3 by what is not defined for it, hash by hash, and then says of each hash
    // that there was nothing to bind to, before it comes to PLAIN. Who named no account has guessed no password.
    this.#failedAttempts += address === undefined ? 0.5 : 1;
    if (this.#failedAttempts >= this.xmpp.limits.signInAttempts) {
      throw new StreamError('policy-violation', 'Too many failed sign-ins on one connection.');
    }
  }

  // -- binding

  /** RFC 6120 §7; a feature may take the place of binding (XEP-0198 resumes). */
  async #onBind(child: Element): Promise<void> {
    if (!this.accountHolds) await this.confirmAccount();
    const request = child.child('bind', NS_BIND);
    if (child.is('iq', NS_CLIENT) && child.attributes.type === 'set' && request !== undefined) {
      try {
        const session = await bindResource(this, this.account!, request.childText('resource'));
        if (session === undefined) return;
        const jid = element('jid', NS_BIND, {}, session.jid.full);
        this.send(
          element('iq', NS_CLIENT, { type: 'result', id: child.attributes.id }, element('bind', NS_BIND, {}, jid)),
        );
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
