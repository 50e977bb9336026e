import type { Flow } from '../transport/flow.ts';
import type { SipRequest } from '../wire/message.ts';
import { mergeKey, serverKey } from './matching.ts';
import { OngoingInviteServer } from './ongoing-invite-server.ts';
import { OngoingNonInviteServer } from './ongoing-non-invite-server.ts';
import type { OngoingServer, ServerTable } from './ongoing-server.ts';
import { type Remembered, ResponseMemory } from './response-memory.ts';
import { hasTag } from './response-text.ts';
import type { Table } from './table.ts';
import { TRANSACTION_MS } from './timers.ts';
import type { ServerTransaction } from './transaction.ts';

/** The server transactions, by what finds them (RFC 3261 §17.2.3). */
export class Servers {
  readonly #found = new Map<string, OngoingServer>();
  /** The ones that are served, by what they have in common with copies of them (RFC 3261 §8.2.2.2). */
  readonly #served = new Map<string, OngoingServer>();
  readonly #memory: ResponseMemory;
  /** Of what was served, what it has in common with copies of it. */
  readonly #merged: ResponseMemory;
  readonly #table: ServerTable;

  /**
   * @param now            milliseconds
   * @param maxRemembered  how many answers are kept at most, when asked
   */
  constructor(table: Table, now: () => number, maxRemembered: () => number) {
    this.#memory = new ResponseMemory(now, TRANSACTION_MS, maxRemembered);
    this.#merged = new ResponseMemory(now, TRANSACTION_MS, maxRemembered);
    this.#table = {
      ...table,
      isMerged: (transaction) => this.#isMerged(transaction),
      ended: (transaction) => this.#ended(transaction),
      remember: (transaction, response) => this.#remember(transaction, response),
    };
  }

  get ongoing(): number {
    return this.#found.size;
  }

  get remembered(): number {
    return this.#memory.size;
  }

  find(key: string): OngoingServer | undefined {
    return this.#found.get(key);
  }

  /** What was answered; undefined where nothing is known of it. */
  answered(key: string): Remembered | undefined {
    return this.#memory.get(key);
  }

  /** The INVITE that a CANCEL is for (RFC 3261 §9.2). */
  cancelled(cancel: SipRequest): OngoingInviteServer | undefined {
    const invite = this.#found.get(serverKey(cancel, 'INVITE'));
    return invite instanceof OngoingInviteServer ? invite : undefined;
  }

  begin(key: string, request: SipRequest, flow: Flow): ServerTransaction {
    const before = this.#found.get(key);
    if (before !== undefined) return before;
    this.#memory.delete(key);
    const Kind = request.method === 'INVITE' ? OngoingInviteServer : OngoingNonInviteServer;
    const transaction = new Kind(this.#table, key, request, flow);
    this.#found.set(key, transaction);
    return transaction;
  }

  clear(): void {
    this.#found.clear();
    this.#served.clear();
    this.#memory.clear();
    this.#merged.clear();
  }

  #isMerged(transaction: OngoingServer): boolean {
    const { request } = transaction;
    if (hasTag(request)) return false;
    const key = mergeKey(request);
    const first = this.#served.get(key);
    if (first !== undefined) return first !== transaction;
    if (this.#merged.has(key)) return true;
    transaction.mergeKey = key;
    this.#served.set(key, transaction);
    return false;
  }

  #remember({ key, mergeKey: merge, flow }: OngoingServer, response: string): void {
    this.#memory.set(key, response, flow.remoteAddress);
    if (merge !== '') this.#merged.set(merge, '', '');
  }

  #ended(transaction: OngoingServer): void {
    const { key, mergeKey: merge } = transaction;
    if (this.#found.get(key) === transaction) this.#found.delete(key);
    if (merge !== '' && this.#served.get(merge) === transaction) this.#served.delete(merge);
  }
}
