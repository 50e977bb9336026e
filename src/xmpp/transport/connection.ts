import type { Socket } from 'node:net';
import { type SecureContext, TLSSocket } from 'node:tls';
import type { Flushable } from '#base/flusher.ts';
import type { XmppEdge } from '../edge.ts';
import { certificateIdentities } from '../stream/certificate-identities.ts';
import { channelBindings } from '../stream/channel-binding.ts';
import type { TlsContext } from '../stream/sasl-mechanism.ts';

/** Who sends a lot waits when the client has not taken so many bytes. */
const MAX_UNSENT_AT_A_TIME = 131_072;

/** Who speaks on a connection. */
export interface ConnectionOwner {
  onBytes(bytes: Buffer): void;
  /** Nothing can be read nor written any more. */
  onClosed(): void;
}

/** A client's socket, in the clear or inside TLS: writes are gathered, and what is read in a second is limited. */
export class Connection implements Flushable {
  /** The client's network address. */
  readonly address: string;
  /** Epoch milliseconds. */
  lastReadAt: number;
  /** Once the handshake is done. */
  tls: TlsContext | undefined;
  #xmpp: XmppEdge;
  #owner: ConnectionOwner;
  #socket: Socket;
  #out = '';
  #held = false;
  #budget = 0;
  #budgetSecond = 0;

  constructor(xmpp: XmppEdge, socket: Socket, owner: ConnectionOwner) {
    this.#xmpp = xmpp;
    this.#owner = owner;
    this.#socket = socket;
    this.address = socket.remoteAddress ?? '';
    this.lastReadAt = xmpp.clock.now();
    socket.setNoDelay(true);
  }

  /** Begins to read in the clear. */
  listen(): void {
    this.#listen(this.#socket);
  }

  /** Bytes that the client has not taken yet. */
  get unsentBytes(): number {
    return this.#out.length + this.#socket.writableLength;
  }

  /** Writes text; it goes out with all else of this turn. */
  write(text: string): void {
    if (this.#out === '') this.#xmpp.flusher.add(this);
    this.#out += text;
  }

  /** @param written called once the client has been sent it, or never will */
  flush(written?: () => void): void {
    const out = this.#out;
    if (out === '') return;
    this.#out = '';
    this.#socket.write(out, written);
    if (this.#socket.writableLength > this.#xmpp.limits.maxUnsentBytes) {
      this.#xmpp.counts.refused.of('slow-reader').add(1);
      this.#socket.destroy();
    }
  }

  /**
   * For who sends a lot: resolves when the client has taken what it was sent, or is gone. Undefined: there is little
   * that it has not taken, and it may be sent more.
   */
  drained(): Promise<void> | undefined {
    const enough = Math.min(MAX_UNSENT_AT_A_TIME, this.#xmpp.limits.maxUnsentBytes / 2);
    const socket = this.#socket;
    if (socket.destroyed || this.unsentBytes < enough) return undefined;
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

  /** Whether the owner wants no more to read just now. */
  set held(held: boolean) {
    if (this.#held === held) return;
    this.#held = held;
    if (held) this.#socket.pause();
    else if (this.#budget >= 0) this.#socket.resume();
  }

  /** Closes once all is written; a client that does not close in its turn is not waited for. */
  end(): void {
    this.flush();
    const socket = this.#socket;
    socket.end();
    const cancel = this.#xmpp.clock.after(2000, () => socket.destroy());
    socket.once('close', cancel);
  }

  /** Cuts it. */
  destroy(): void {
    this.#socket.destroy();
  }

  /**
   * Goes on inside TLS. What was sent in the clear and not read yet is part of the handshake, or breaks it.
   * @param domain the one that the client has named; '' where it is yet to do so (SNI)
   */
  startTls(domain: string): void {
    const { certificates, listeners } = this.#xmpp;
    const wantsCertificate = listeners.clientCertificates !== '';
    const plain = this.#socket;
    plain.removeAllListeners('data').removeAllListeners('error').removeAllListeners('close');
    let shown = certificates.for(domain === '' ? undefined : domain);
    const secure = new TLSSocket(plain, {
      isServer: true,
      secureContext: shown.context,
      // The domain is known after STARTTLS, and of one certificate there is no choice.
      ...(domain === '' &&
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
    const failed = (): void => this.#xmpp.counts.refused.of('tls-handshake').add(1);
    secure.once('close', failed);
    secure.once('secure', () => {
      secure.off('close', failed);
      const certificate = wantsCertificate && secure.authorized ? secure.getPeerX509Certificate() : undefined;
      this.tls = {
        channelBindings: channelBindings(secure, shown.certificate),
        ...(certificate !== undefined && { certificate: certificateIdentities(certificate) }),
      };
    });
    this.#listen(secure);
  }

  #listen(socket: Socket): void {
    socket.on('data', (bytes: Buffer) => this.#read(bytes));
    socket.on('error', (err) => this.#xmpp.log.debug({ err, peer: this.address }, 'connection failed'));
    socket.on('close', () => this.#owner.onClosed());
  }

  #read(bytes: Buffer): void {
    const now = this.#xmpp.clock.now();
    this.lastReadAt = now;
    this.#spend(bytes.length, now);
    this.#owner.onBytes(bytes);
  }

  /** One that sends faster than it may waits for the next second. */
  #spend(bytes: number, now: number): void {
    const second = Math.floor(now / 1000);
    if (second !== this.#budgetSecond) {
      this.#budgetSecond = second;
      this.#budget = this.#xmpp.limits.bytesPerSecond;
    }
    const before = this.#budget;
    this.#budget -= bytes;
    if (this.#budget >= 0 || before < 0) return;
    this.#xmpp.counts.refused.of('too-fast').add(1);
    this.#socket.pause();
    this.#xmpp.clock.after((second + 1) * 1000 - now, () => {
      this.#budget = 0;
      if (!this.#held) this.#socket.resume();
    });
  }
}
