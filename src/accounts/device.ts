import type { Element } from '#xml/element.ts';
import type { Home } from './home.ts';

/** How ready somebody is to talk, in the order of RFC 6121 §4.7.2.1 and its like in RPID (RFC 4480). */
export type Availability = 'chat' | 'available' | 'away' | 'extended-away' | 'do-not-disturb';

/** What somebody can be reached by (RFC 5196 §3.1.1). */
export type Medium = 'audio' | 'video' | 'text';

/**
 * What one device, or another source, says of its account's presence. Never changed: who changes its mind makes a new
 * one.
 */
export interface Publication {
  /** Who said it: an XMPP resource, a SIP contact binding, or the id of a source (`#presence/source.ts`). */
  readonly device: string;
  readonly availability: Availability;
  /** RFC 6121 §4.7.2.3: -128 to 127; a negative one takes no messages sent to the account. */
  readonly priority: number;
  /** Free text, by language tag ('' where none was given). */
  readonly notes: Readonly<Record<string, string>>;
  /** When it was said, epoch milliseconds. */
  readonly at: number;
  /** RFC 3863 §4.1.4: whether one can be reached there. Left out: yes. */
  readonly isOpen?: boolean;
  /** What the person does, in the words of RFC 4480 §3.2: 'on-the-phone', 'meeting'. */
  readonly activities?: readonly string[];
  /** RFC 4480 §3.6. */
  readonly moods?: readonly string[];
  /** RFC 4480 §3.8: what kind of place the person is in: 'home', 'office'. */
  readonly placeType?: string;
  /** RFC 4480 §3.10: what part of their life the person is in: 'work', 'home'. Rules may go by it (RFC 4745 §7.2). */
  readonly sphere?: string;
  /** Since when nobody has used it, epoch milliseconds (RFC 4480 §3.13, XEP-0319). Whoever is idle did not say so by hand. */
  readonly idleSince?: number;
  readonly media?: readonly Medium[];
  /** Availability and notes are not what was said, but what is shown in its place (`#presence/overlay.ts`). */
  readonly isOverlaid?: true;
  /**
   * What the edge that made it wants to hand on word for word to watchers of the same protocol: for XMPP, the
   * serialized children of the presence stanza. Other edges ignore it and render from the fields above.
   */
  readonly native?: { readonly edge: string; readonly payload: string };
}

/** Tells a watcher what a device, or another source, of a presentity says now. */
export interface PresenceNotice {
  /** Address of the account ('local@domain'), and who said it. */
  readonly from: string;
  readonly device: string;
  /** Undefined: the device has become unavailable. */
  readonly publication: Publication | undefined;
  /** With an unavailable notice: what the person said when leaving, by language tag. */
  readonly notes?: Readonly<Record<string, string>>;
  /** With an unavailable notice: what the edge wants to hand on word for word (as in `Publication`). */
  readonly native?: { readonly edge: string; readonly payload: string };
}

/** A message on its way to one device. */
export interface Handover {
  /** The stanza as the device is to see it. The edges translate; see docs/architecture.md. */
  readonly element: Element;
  /** The same, serialized once for all devices, in the namespace jabber:client. */
  readonly text: string;
  /** Its id in the receiver's archive, or 0 where it is not kept. A device that has taken it tells the inbox. */
  readonly archiveId: number;
}

/** RFC 6121 §8.5.2.1: a device that publishes takes messages to its account unless it asks to be left alone. */
export function wantsMessages(publication: Publication | undefined): boolean {
  return publication !== undefined && publication.priority >= 0;
}

/** One signed-in endpoint of an account, whatever protocol it speaks. Implemented by the edges. */
export interface Device {
  /** Unique in its account: the XMPP resource, or the name of a SIP contact binding. */
  readonly id: string;
  readonly edge: 'xmpp' | 'sip';
  readonly home: Home;
  /** What it says now; undefined while it is unavailable (RFC 6121 §4.5). */
  readonly publication: Publication | undefined;
  /**
   * What its being registered says of it while nobody publishes anything for the account (RFC 3261 §10). Of an XMPP
   * session there is none: it says for itself when it is available.
   */
  readonly registration?: Publication | undefined;
  /** Whether messages to the account are for it, too. */
  readonly takesMessages: boolean;
  /** Whether it has asked for the contact list, and so wants changes of it (RFC 6121 §2.2 "interested resource"). */
  readonly wantsContacts: boolean;
  takeMessage(message: Handover): void;
  /** It says of each message, within milliseconds, whether it has it (a SIP response), to `messageDelivered` or `messageReturned`. */
  readonly answersEach?: true;
  /** For who sends a lot: resolves when it has taken most of what it was sent, or is gone; undefined: it has already. */
  drained?(): Promise<void> | undefined;
  /** @param isForAccount it was sent to the account as a whole, not to this device alone */
  takePresence(notice: PresenceNotice, isForAccount?: boolean): void;
  /**
   * Takes what a device of the same edge, wherever its home is, sends to this one alone and word for word.
   * @param from       of the sender, in the edge's own form
   * @param isRequest  it asks for an answer, which would tell that the device is there
   * @returns false when it may not be delivered
   */
  takeNative(text: string, from: string, isRequest: boolean): boolean;
  /** Ends it: the account was removed, disabled, or its password changed; 'ended': an administrator ended this session. */
  end(reason: 'removed' | 'disabled' | 'password-changed' | 'replaced' | 'ended'): void;
}
