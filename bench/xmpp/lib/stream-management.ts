/**
 * XEP-0198: Stream Management, version 1.6, the client's side: counting, asking and answering. Nothing is resumed.
 */
import { attribute, elementName } from './splitter.ts';

/** Asks how much the server has handled; may follow a stanza in the same write. */
export const REQUEST = "<r xmlns='urn:xmpp:sm:3'/>";

const STANZAS = new Set(['message', 'presence', 'iq']);

export class StreamManagement {
  /** Stanzas sent since <enable/>. */
  sent = 0;
  /** Of those, the ones that the server has acknowledged. */
  acknowledged = 0;
  /** Hears of each <a/> that acknowledges more than the one before. */
  onAcknowledged: (() => void) | undefined;
  /** Answers of the server that cannot be true: a count that shrinks, or one of more than was sent. */
  wrongAnswers = 0;

  #write: (text: string) => void;
  #handled = 0;

  /** @param write puts text on the stream uncounted */
  constructor(write: (text: string) => void) {
    this.#write = write;
  }

  enable(): void {
    this.#write("<enable xmlns='urn:xmpp:sm:3'/>");
  }

  /** Takes a top-level element that came; true when it is stream management's own. */
  take(xml: string): boolean {
    const name = elementName(xml);
    if (STANZAS.has(name)) {
      this.#handled++;
      return false;
    }
    if (name === 'r') this.#write(`<a xmlns='urn:xmpp:sm:3' h='${this.#handled}'/>`);
    else if (name === 'a') this.#acknowledge(Number(attribute(xml, 'h')));
    return name === 'r' || name === 'a';
  }

  #acknowledge(h: number): void {
    if (!(h >= this.acknowledged && h <= this.sent)) {
      this.wrongAnswers++;
    } else if (h > this.acknowledged) {
      this.acknowledged = h;
      this.onAcknowledged?.();
    }
  }
}
