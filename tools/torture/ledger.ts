/** A message as its sender knows it. Addresses are bare JIDs. */
export interface Said {
  id: string;
  from: string;
  to: string;
  /** Counts up from one sender to one receiver. */
  sequence: number;
  body: string;
}

/** A message as it came back from the server, live, later, or out of an archive. */
export interface Seen {
  id: string;
  from: string;
  to: string;
  body: string;
  /** XEP-0359, by the account that saw it; in an archive, the archive's id. Null where it came by SIP, which has none. */
  stanzaId: string | undefined | null;
}

export interface Report {
  sent: number;
  acknowledged: number;
  /** Different messages that reached their receiver. */
  received: number;
  /** Receptions in a later session of what an earlier one had: allowed after a crash, but worth knowing. */
  duplicatesAcrossSessions: number;
  /** Acknowledged to the sender, and missing where they must be. */
  lost: string[];
  /** Whatever else must never be. */
  violations: string[];
}

interface Entry extends Said {
  acknowledged: boolean;
  /** Sessions that received it. */
  sessions: Set<string>;
  /** As seen by the receiver, live or in the archive. */
  stanzaIds: Set<string>;
  archivedBySender: number;
  archivedByReceiver: number;
}

/**
 * Who sent what, what was acknowledged, and what became of it. The promise that it checks: what was acknowledged by
 * `<a h/>`, or 2xx, is in both archives exactly once and reaches the receiver; nothing changes, is invented, goes by two
 * stanza-ids, or comes twice or out of order within a session.
 */
export class Ledger {
  #entries = new Map<string, Entry>();
  #violations: string[] = [];
  #lastInSession = new Map<string, number>();
  #acknowledged = 0;
  #received = 0;
  #duplicates = 0;

  said(message: Said): void {
    this.#entries.set(message.id, {
      ...message,
      acknowledged: false,
      sessions: new Set(),
      stanzaIds: new Set(),
      archivedBySender: 0,
      archivedByReceiver: 0,
    });
  }

  acknowledged(id: string): void {
    const entry = this.#entries.get(id);
    if (!entry || entry.acknowledged) return;
    entry.acknowledged = true;
    this.#acknowledged++;
  }

  /**
   * @param owner the receiver's bare JID
   * @param session a name of the receiver's session, the same after a resumption
   */
  received(owner: string, session: string, seen: Seen): void {
    const entry = this.#recognise(`received by ${owner}`, seen);
    if (!entry) return;
    if (entry.to !== owner) this.violation(`${seen.id} for ${entry.to} was received by ${owner}`);
    if (entry.sessions.has(session)) this.violation(`${seen.id} was received twice in the session ${session}`);
    else this.#inOrder(session, entry);
    if (entry.sessions.size === 0) this.#received++;
    else this.#duplicates++;
    entry.sessions.add(session);
    if (seen.stanzaId === undefined) this.violation(`${seen.id} was received without a stanza-id`);
    else if (seen.stanzaId !== null) entry.stanzaIds.add(seen.stanzaId);
  }

  /** A whole archive, in its order. */
  archived(owner: string, messages: readonly Seen[]): void {
    const last = new Map<string, number>();
    const ids = new Set<string>();
    for (const seen of messages) {
      const entry = this.#recognise(`in the archive of ${owner}`, seen);
      if (!entry) continue;
      const isReceiver = entry.to === owner;
      if (isReceiver) entry.archivedByReceiver++;
      if (entry.from === owner) entry.archivedBySender++;
      if (isReceiver && typeof seen.stanzaId === 'string') entry.stanzaIds.add(seen.stanzaId);
      if (ids.has(seen.stanzaId ?? '')) this.violation(`two messages in the archive of ${owner} are ${seen.stanzaId}`);
      ids.add(seen.stanzaId ?? '');
      const pair = `${entry.from} ${entry.to}`;
      if (entry.sequence < (last.get(pair) ?? 0)) this.violation(`${seen.id} is out of order in ${owner}'s archive`);
      last.set(pair, entry.sequence);
    }
  }

  violation(what: string): void {
    this.#violations.push(what);
  }

  /** Acknowledged messages that no session of their receiver has got yet. */
  missing(): number {
    let missing = 0;
    for (const entry of this.#entries.values()) if (entry.acknowledged && entry.sessions.size === 0) missing++;
    return missing;
  }

  /** What is known so far, without what only the archives can tell. */
  counts(): Omit<Report, 'lost'> {
    return {
      sent: this.#entries.size,
      acknowledged: this.#acknowledged,
      received: this.#received,
      duplicatesAcrossSessions: this.#duplicates,
      violations: this.#violations,
    };
  }

  /** The judgement, once all archives are in and the last sessions have received what there is. */
  report(): Report {
    const lost: string[] = [];
    const violations = [...this.#violations];
    for (const entry of this.#entries.values()) {
      const { id, archivedBySender, archivedByReceiver, stanzaIds } = entry;
      if (entry.acknowledged) {
        if (archivedBySender === 0) lost.push(`${id} is not in its sender's archive`);
        if (archivedByReceiver === 0) lost.push(`${id} is not in its receiver's archive`);
        if (entry.sessions.size === 0) lost.push(`${id} never reached its receiver`);
      }
      if (archivedBySender > 1) violations.push(`${id} is ${archivedBySender} times in its sender's archive`);
      if (archivedByReceiver > 1) violations.push(`${id} is ${archivedByReceiver} times in its receiver's archive`);
      if (stanzaIds.size > 1) violations.push(`${id} goes by several stanza-ids: ${[...stanzaIds].join(', ')}`);
    }
    return { ...this.counts(), lost, violations };
  }

  #recognise(where: string, seen: Seen): Entry | undefined {
    const entry = this.#entries.get(seen.id);
    if (!entry) {
      this.violation(`nobody sent ${seen.id}, ${where}`);
    } else if (entry.body !== seen.body || entry.from !== seen.from || entry.to !== seen.to) {
      this.violation(`${seen.id} ${where} is not what was sent: ${JSON.stringify(seen)}`);
    }
    return entry;
  }

  #inOrder(session: string, { id, from, sequence }: Entry): void {
    const pair = `${session} ${from}`;
    const last = this.#lastInSession.get(pair) ?? 0;
    if (sequence < last) this.violation(`${id} came after number ${last} in the session ${session}`);
    this.#lastInSession.set(pair, Math.max(last, sequence));
  }
}
