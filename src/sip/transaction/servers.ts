import type { Flow } from '../transport/flow.ts';
import type { SipRequest } from '../wire/message.ts';
import { mergeKey, serverKey } from './matching.ts';
import { OngoingInviteServer } from './ongoing-invite-server.ts';
import { OngoingNonInviteServer } from './ongoing-non-invite-server.ts';
import type { OngoingServer, ServerTable } from './ongoing-server.ts';
import { Memory, type Remembered } from './remembered.ts';
import { hasTag } from './response-text.ts';
import type { Table } from './table.ts';
import type { ServerTransaction } from './transaction.ts';

/** The server transactions, by what finds them (RFC 3261 §17.2.3). */
export class Servers {
  readonly #found = new Map<string, OngoingServer>();
  readonly #remembered = new Map<string, Remembered>();
  /** The ones that are served, by what they have in common with copies of them (RFC 3261 §8.2.2.2). */
  readonly #served = new Map<string, OngoingServer | Remembered>();
  readonly #memory: Memory;
  readonly #table: ServerTable;

  /** @param maxRemembered how many answers are kept at most, when asked */
  constructor(table: Table, maxRemembered: () => number) {
    this.#memory = new Memory(table.timers, (remembered) => this.#forgotten(remembered));
    this.#table = {
      ...table,
      isMerged: (transaction) => this.#isMerged(transaction),
      ended: (transaction) => this.#ended(transaction),
      remember: (transaction, response) => this.#remember(transaction, response, maxRemembered()),
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
    return this.#remembered.get(key);
  }

  /** The INVITE that a CANCEL is for (RFC 3261 §9.2). */
  cancelled(cancel: SipRequest): OngoingInviteServer | undefined {
    const invite = this.#found.get(serverKey(cancel, 'INVITE'));
    return invite instanceof OngoingInviteServer ? invite : undefined;
  }

  begin(key: string, request: SipRequest, flow: Flow): ServerTransaction {
    const before = this.#found.get(key);
    if (before !== undefined) return before;
    const remembered = this.#remembered.get(key);
    if (remembered !== undefined) this.#memory.forget(remembered);
    const Kind = request.method === 'INVITE' ? OngoingInviteServer : OngoingNonInviteServer;
    const transaction = new Kind(this.#table, key, request, flow);
    this.#found.set(key, transaction);
    return transaction;
  }

  clear(): void {
    this.#found.clear();
    this.#remembered.clear();
    this.#served.clear();
    this.#memory.size = 0;
  }

  #isMerged(transaction: OngoingServer): boolean {
    const { request } = transaction;
    if (hasTag(request)) return false;
    const key = mergeKey(request);
    const first = this.#served.get(key);
    if (first !== undefined) return first !== transaction;
    transaction.mergeKey = key;
    this.#served.set(key, transaction);
    return false;
  }

  #remember({ key, mergeKey: merge, flow }: OngoingServer, response: string, maxRemembered: number): void {
    const remembered = this.#memory.add(key, merge, response, flow.remoteAddress, maxRemembered);
    this.#remembered.set(key, remembered);
    if (merge !== '') this.#served.set(merge, remembered);
  }

  #ended(transaction: OngoingServer): void {
    const { key, mergeKey: merge } = transaction;
    if (this.#found.get(key) === transaction) this.#found.delete(key);
    if (merge !== '' && this.#served.get(merge) === transaction) this.#served.delete(merge);
  }

  #forgotten({ key, mergeKey: merge }: Remembered): void {
    this.#remembered.delete(key);
    if (merge !== '') this.#served.delete(merge);
  }
}
