import { type Device, type Handover, type PresenceNotice, type Publication, wantsMessages } from '#accounts/device.ts';
import type { Home } from '#accounts/home.ts';
import { messageDelivered } from '#messaging/inbox.ts';
import { Commit } from '#store/database.ts';
import type { Element } from '#xml/element.ts';
import { serialize } from '#xml/serializer.ts';
import type { XmppEdge } from './edge.ts';
import { connectionLost, iqToSession, messageBounced, sessionEnded } from './hooks.ts';
import { renderPresence, sessionGone, showsItselfTo } from './presence.ts';
import type { ClientStream } from './stream/client-stream.ts';
import type { Jid } from './wire/jid.ts';
import { NS_CLIENT } from './wire/namespaces.ts';
import { errorReply, type StanzaError } from './wire/stanza-error.ts';
import { StreamError } from './wire/stream-error.ts';

/** Takes the place of writing each stanza to the stream, where there is one and where there is none (XEP-0198). */
export interface Outbox {
  /** @param archiveId what the inbox is to be told once the client has it; 0 for nothing */
  send(text: string, archiveId: number): void;
  /** Asks the client to acknowledge what it has; one that stays silent is dealt with. */
  ask(): void;
}

/**
 * Asked about each message and presence on its way to the client (XEP-0352).
 * @returns false when the stanza was taken to be sent later, or never
 */
export interface Gate {
  message(text: string, message: Handover): boolean;
  presence(text: string, notice: PresenceNotice): boolean;
  /** Something is sent to the client now: what it was not sent yet comes first. */
  flush(): void;
}

/** An XMPP client that has bound a resource. It outlives its connection when stream management keeps it. */
export class Session implements Device {
  readonly edge: XmppEdge['name'] = 'xmpp';
  readonly xmpp: XmppEdge;
  readonly jid: Jid;
  readonly home: Home;
  publication: Publication | undefined;
  wantsContacts = false;
  /** Undefined while the client is away and may come back (XEP-0198). */
  stream: ClientStream | undefined;
  /** Stanzas of the client that were dealt with, those whose commit is under way included; modulo 2^32 (XEP-0198). */
  handled = 0;
  /** What has to reach the disk before the last of them counts as handled. */
  uncommitted: Commit | undefined;
  /** The last of its stanzas that took time to be dealt with; settled, unless it still does. */
  handling: Promise<void> | undefined;
  outbox: Outbox | undefined;
  gate: Gate | undefined;
  #ended = false;

  constructor(xmpp: XmppEdge, jid: Jid, home: Home, stream: ClientStream) {
    this.xmpp = xmpp;
    this.jid = jid;
    this.home = home;
    this.stream = stream;
  }

  get id(): string {
    return this.jid.resource;
  }

  get takesMessages(): boolean {
    return wantsMessages(this.publication);
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** Sends a stanza in the namespace jabber:client. */
  send(stanza: Element): void {
    this.sendText(serialize(stanza, NS_CLIENT), 0);
  }

  sendText(text: string, archiveId = 0): void {
    this.gate?.flush();
    this.xmpp.counts.stanzasSent.add(1);
    if (this.outbox !== undefined) {
      this.outbox.send(text, archiveId);
      return;
    }
    if (archiveId !== 0) messageDelivered(this.home, archiveId);
    this.stream?.write(text);
  }

  sendError(stanza: Element, error: StanzaError): void {
    this.xmpp.counts.stanzaErrors.of(error.condition).add(1);
    const reply = errorReply(stanza, error);
    this.send(reply);
    if (reply.name === 'message') this.home.homes.hooks.run(messageBounced, { session: this, error: reply });
  }

  drained(): Promise<void> | undefined {
    return this.stream?.drained();
  }

  takeMessage(message: Handover): void {
    if (this.gate === undefined || this.gate.message(message.text, message)) {
      this.sendText(message.text, message.archiveId);
    }
  }

  /** What was sent to the bare JID keeps it in its 'to' (RFC 6121 §8.5.2.1.2). */
  takePresence(notice: PresenceNotice, isForAccount = false): void {
    const text = renderPresence(notice, isForAccount ? this.jid.bare : this.jid.full);
    if (this.gate === undefined || this.gate.presence(text, notice)) this.sendText(text);
  }

  /** Device: an IQ from another client. A request of one who may not see us is not for us (RFC 6121 §8.5.3.1). */
  takeNative(text: string, from: string, isRequest = false): boolean {
    if (isRequest && !showsItselfTo(this, from)) return false;
    if (this.home.homes.hooks.run(iqToSession, { session: this, from }) === 'stop') return false;
    this.sendText(text);
    return true;
  }

  /** A stanza of the client has been dealt with, but for what still has to reach the disk. */
  countHandled(commit: Commit | undefined): void {
    this.handled = (this.handled + 1) >>> 0;
    this.uncommitted = Commit.both(this.uncommitted, commit);
    if (this.uncommitted?.state === 'done') this.uncommitted = undefined;
  }

  /** The connection is gone. The session ends, unless a feature keeps it for the client to come back. */
  disconnected(): void {
    this.stream = undefined;
    if (this.#ended) return;
    const lost = { session: this, keep: false };
    this.home.homes.hooks.run(connectionLost, lost);
    if (!lost.keep) this.finish();
  }

  /** It is over: everybody is told, and the account forgets the device. */
  finish(): void {
    if (this.#ended) return;
    this.#ended = true;
    sessionGone(this);
    this.home.removeDevice(this);
    this.home.homes.hooks.run(sessionEnded, this);
  }

  /** Device: what the account's owner or an administrator did ends it. */
  end(reason: Parameters<Device['end']>[0]): void {
    const stream = this.stream;
    this.finish();
    stream?.close(
      new StreamError(
        reason === 'replaced' ? 'conflict' : reason === 'ended' ? 'policy-violation' : 'not-authorized',
        {
          replaced: 'Another client has signed in under this resource.',
          removed: 'The account was removed.',
          disabled: 'The account was disabled.',
          'password-changed': 'The password was changed: sign in with the new one.',
          ended: 'An administrator has ended this session.',
        }[reason],
      ),
    );
  }
}
