import type { Element } from '#xml/element.ts';

const MODULUS = 2 ** 32;

/**
 * The client's half of XEP-0198 §4: what was sent and not yet acknowledged, and how much was received. It outlives a
 * connection, so that the next one can resume.
 */
export class StreamManagement {
  /** For `<resume previd>`; undefined when the server does not offer resumption. */
  id: string | undefined;
  /** Stanzas of the server that were handled, modulo 2^32. */
  handled = 0;
  #acknowledged = 0;
  #unacknowledged: Element[] = [];

  sent(stanza: Element): void {
    this.#unacknowledged.push(stanza);
  }

  received(): void {
    this.handled = (this.handled + 1) % MODULUS;
  }

  /** What a new connection sends again after `<resumed/>`, in order. */
  get unacknowledged(): readonly Element[] {
    return this.#unacknowledged;
  }

  /**
   * @returns the stanzas that the server has taken over with this `h`, in order
   * @throws {Error} when it acknowledges more than was sent, or takes an acknowledgement back
   */
  acknowledge(h: number): Element[] {
    const count = (h - this.#acknowledged + MODULUS) % MODULUS;
    if (!Number.isSafeInteger(h) || h < 0 || h >= MODULUS || count > this.#unacknowledged.length) {
      throw new Error(
        `XEP-0198 §4: h='${h}' after ${this.#acknowledged} with ${this.#unacknowledged.length} under way`,
      );
    }
    this.#acknowledged = h;
    return this.#unacknowledged.splice(0, count);
  }
}
