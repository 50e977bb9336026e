import type { Home } from '#accounts/home.ts';
import { Commit } from '#store/database.ts';
import type { Element } from '#xml/element.ts';
import { escapeAttribute, openTag, serializeChildren } from '#xml/serializer.ts';

/** RFC 6121 §5.2.2. */
export type MessageType = 'chat' | 'error' | 'groupchat' | 'headline' | 'normal';

/**
 * How long a message is kept for one of its two sides: in the archive, only until every device that is owed it has it,
 * or not at all.
 */
export type Keep = 'archive' | 'until-delivered' | 'no';

const NS = 'jabber:client';

/** The address of one end: an account and, where one was named, its device. */
export interface End {
  /** 'local@domain'. */
  readonly address: string;
  /** '' for the account as a whole. */
  readonly device: string;
}

/**
 * An instant message on its way, from either edge. Made once, where the message enters; it carries what is known of it.
 * The archived form of a message is its XMPP element (docs/architecture.md), so that is what the middle handles.
 */
export class Delivery {
  /** `<message/>` in jabber:client with `from` and `to` set. Not changed after the sender's side has been run. */
  readonly element: Element;
  readonly type: MessageType;
  readonly from: End;
  readonly to: End;
  /** When it entered, epoch milliseconds. */
  readonly at: number;
  /** The sender's home, where the sender is an account of ours. */
  readonly sender: Home | undefined;
  /** The home it is addressed to, once that is loaded. */
  receiver: Home | undefined;
  /** Whether the sender will be told when the message is safe, and so has to be told the truth. */
  readonly promised: boolean;
  /** See the function of this name; worked out once. */
  mayKeep: Keep | undefined;
  keepForReceiver: Keep = 'no';
  /** Set by a hook: no copies for the other devices of either side (XEP-0280 §10, XEP-0334 §4.3). */
  private = false;
  /** Ids in the archives of the two sides; 0 where it is not kept there. */
  senderArchiveId = 0;
  receiverArchiveId = 0;
  /** What it travels to the disk with. */
  commit: Commit | undefined;
  #head = '';
  #inside: string | undefined;

  constructor(init: Pick<Delivery, 'element' | 'type' | 'from' | 'to' | 'at' | 'sender' | 'promised'>) {
    this.element = init.element;
    this.type = init.type;
    this.from = init.from;
    this.to = init.to;
    this.at = init.at;
    this.sender = init.sender;
    this.promised = init.promised;
  }

  joins(commit: Commit): void {
    this.commit = Commit.both(this.commit, commit);
  }

  /**
   * The message as text for one side, with the id that it has in that side's archive (XEP-0359 §3.2).
   * @param by the account whose archive it is
   */
  textFor(by: string, archiveId: number): string {
    if (this.#inside === undefined) {
      this.#head = `${openTag(this.element, NS)}>`;
      this.#inside = serializeChildren(this.element.children, NS);
    }
    const id =
      archiveId === 0 ? '' : `<stanza-id xmlns='urn:xmpp:sid:0' id='${archiveId}' by='${escapeAttribute(by)}'/>`;
    return `${this.#head}${this.#inside}${id}</message>`;
  }
}
