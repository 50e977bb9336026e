import type { Home } from '#accounts/home.ts';
import type { End } from '#messaging/delivery.ts';
import type { Element } from '#xml/element.ts';
import type { Cpim } from '../../bodies/cpim.ts';
import { type ContentType, readContentType } from '../../bodies/mime.ts';
import type { SipDevice } from '../../device.ts';
import type { SipEdge } from '../../edge.ts';
import type { SipRequest } from '../../wire/message.ts';
import { SipError } from '../../wire/sip-error.ts';
import { readPlainText, writePlainText } from './plain-text.ts';

/** What the body of a MESSAGE says. */
export interface Content {
  /** What people read; left out where there is nothing to read (a chat state, a receipt). */
  readonly text?: string;
  /** Instead of the Subject header. */
  readonly subjects?: readonly { readonly language: string; readonly text: string }[];
  /** What it says beside: chat states, receipts. */
  readonly extensions?: readonly Element[];
  /** The id that its sender knows it by (RFC 5438 §6.3). */
  readonly id?: string;
  /** When its sender says that it was said, epoch milliseconds. */
  readonly saidAt?: number;
}

/** A MESSAGE that is being read. */
export interface Arriving {
  readonly request: SipRequest;
  readonly sender: Home;
  readonly from: End;
  /** The contact binding that it comes from, where that is known. */
  readonly device: SipDevice | undefined;
  readonly to: End;
  /** Epoch milliseconds. */
  readonly at: number;
}

/**
 * @param body a byte string
 * @returns undefined for what asks nobody to do anything
 * @throws {SipError} 400, 415
 */
export type Reader = (body: string, type: ContentType, arriving: Arriving) => Content | undefined;

/** What stands in a MESSAGE to a binding. */
export interface Written {
  /** The value of Content-Type. */
  readonly type: string;
  /** A byte string. */
  readonly body: string;
}

export interface Writer {
  /** What the binding has to take: 'text/plain'. */
  readonly type: string;
  /** @returns undefined for a message that it has no words for, or a binding that it is not for */
  write(message: Element, device: SipDevice, callId: string): Written | undefined;
}

/** What the headers of an envelope say of the message in it (RFC 3862). */
export type EnvelopeReader = (envelope: Cpim, arriving: Arriving) => Pick<Content, 'id' | 'extensions'>;

/** What can stand in a MESSAGE. Features add to it. */
export class Contents {
  /** By content type, in lower case. */
  readonly #readers = new Map<string, Reader>([['text/plain', readPlainText]]);
  readonly #writers: Writer[] = [{ type: 'text/plain', write: writePlainText }];
  readonly envelopes = new Set<EnvelopeReader>();
  /** What is added to what people read. */
  readonly additions = new Set<(arriving: Arriving) => Element | undefined>();

  /** @returns how to withdraw it */
  onRead(type: string, read: Reader): () => void {
    this.#readers.set(type, read);
    return () => this.#readers.delete(type);
  }

  /** The last that was added is asked first; plain text is the last resort. @returns how to withdraw it */
  onWrite(writer: Writer): () => void {
    this.#writers.unshift(writer);
    return () => this.#writers.splice(this.#writers.indexOf(writer), 1);
  }

  /** For Accept (RFC 3428 §7: text/plain at least). */
  get accepted(): string {
    return [...this.#readers.keys()].join(', ');
  }

  canRead(type: string): boolean {
    return this.#readers.has(type);
  }

  /** @throws {SipError} 400, 415 */
  read(body: string, contentType: string, arriving: Arriving): Content | undefined {
    const type = readContentType(contentType);
    const read = this.#readers.get(type.type);
    if (read === undefined) throw new SipError(415, undefined, `Accept: ${this.accepted}\r\n`);
    return read(body, type, arriving);
  }

  /** @param mayTake whether the binding may take a type */
  write(
    message: Element,
    device: SipDevice,
    callId: string,
    mayTake: (type: string) => boolean,
  ): (Written & { readonly writer: Writer }) | undefined {
    for (const writer of this.#writers) {
      const written = mayTake(writer.type) ? writer.write(message, device, callId) : undefined;
      if (written !== undefined) return { ...written, writer };
    }
    return undefined;
  }
}

const tables = new WeakMap<SipEdge, Contents>();

export function contentsOf(edge: SipEdge): Contents {
  let contents = tables.get(edge);
  if (contents === undefined) {
    contents = new Contents();
    tables.set(edge, contents);
  }
  return contents;
}
