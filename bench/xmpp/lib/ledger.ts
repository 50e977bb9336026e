/**
 * Proof of delivery: every stanza of every sender must reach every receiver it
 * is meant for exactly once and in the order it was sent (RFC 6120 section 10.1).
 */
export interface LedgerVerdict {
  ok: boolean;
  /** Deliveries that the stanzas sent so far call for. */
  expected: number;
  /** Deliveries that came when they were due: the next in order for that pair. */
  delivered: number;
  lost: number;
  /** Came again, or after a later one of the same pair. */
  duplicatedOrLate: number;
  /** A later one came before these: lost or out of order. */
  skipped: number;
  /** Reached a session that it was not meant for. */
  misdelivered: number;
  /** Came back to its own sender where that is allowed but not asked for. */
  selfCopies: number;
}

const NOT_MEANT = -1;

export class DeliveryLedger {
  #size: number;
  /** By receiver and sender: the highest sequence number seen, or NOT_MEANT. */
  #seen: Int32Array;
  #sent: Int32Array;
  #fanout: Int32Array;
  #delivered = 0;
  #duplicatedOrLate = 0;
  #skipped = 0;
  #misdelivered = 0;
  #selfCopies = 0;

  /** receivers[s]: the users that each stanza of sender s must reach. */
  constructor(receivers: number[][]) {
    this.#size = receivers.length;
    this.#seen = new Int32Array(this.#size * this.#size).fill(NOT_MEANT);
    this.#sent = new Int32Array(this.#size);
    this.#fanout = new Int32Array(this.#size);
    receivers.forEach((list, sender) => {
      this.#fanout[sender] = list.length;
      for (const receiver of list) this.#seen[receiver * this.#size + sender] = 0;
    });
  }

  get delivered(): number {
    return this.#delivered;
  }

  /** Takes down a send and gives it its sequence number. */
  send(sender: number): number {
    const seq = this.sentBy(sender) + 1;
    this.#sent[sender] = seq;
    return seq;
  }

  sentBy(sender: number): number {
    return this.#sent[sender] ?? 0;
  }

  /** Takes down an arrival; true when it is one that was due. */
  arrive(receiver: number, sender: number, seq: number): boolean {
    const slot = receiver * this.#size + sender;
    const seen = sender < this.#size ? (this.#seen[slot] ?? NOT_MEANT) : NOT_MEANT;
    if (seen === NOT_MEANT) {
      if (receiver === sender) this.#selfCopies++;
      else this.#misdelivered++;
      return false;
    }
    if (seq <= seen || seq > this.sentBy(sender)) {
      this.#duplicatedOrLate++;
      return false;
    }
    this.#skipped += seq - seen - 1;
    this.#seen[slot] = seq;
    this.#delivered++;
    return true;
  }

  verdict(): LedgerVerdict {
    let expected = 0;
    for (let s = 0; s < this.#size; s++) expected += this.sentBy(s) * (this.#fanout[s] ?? 0);
    const lost = expected - this.#delivered;
    return {
      ok: lost === 0 && this.#duplicatedOrLate === 0 && this.#skipped === 0 && this.#misdelivered === 0,
      expected,
      delivered: this.#delivered,
      lost,
      duplicatedOrLate: this.#duplicatedOrLate,
      skipped: this.#skipped,
      misdelivered: this.#misdelivered,
      selfCopies: this.#selfCopies,
    };
  }
}
