import type { Flow } from '../transport/flow.ts';
import type { OutgoingRequest, SipResponse } from '../wire/message.ts';
import { FlowUses } from './flow-uses.ts';
import { COOKIE, clientKey, clientKeyOf } from './matching.ts';
import type { ClientTable, OngoingClient } from './ongoing-client.ts';
import { OngoingInviteClient } from './ongoing-invite-client.ts';
import { OngoingNonInviteClient } from './ongoing-non-invite-client.ts';
import type { Table } from './table.ts';
import { token } from './tokens.ts';
import type { ClientTransaction, ResponseHandlers } from './transaction.ts';

const NO_ONE: ResponseHandlers = { response() {} };

/** The client transactions, by what finds them (RFC 3261 §17.1.3). */
export class Clients {
  readonly #found = new Map<string, OngoingClient>();
  /** A CANCEL has the branch of its INVITE (RFC 3261 §9.1). */
  readonly #cancels = new Map<string, OngoingClient>();
  readonly #flowUses = new FlowUses();
  readonly #table: ClientTable;

  constructor(table: Table) {
    this.#table = {
      ...table,
      clientEnded: (transaction) => this.#ended(transaction),
      beginCancel: (out, flow, branch) => {
        this.#begin(this.#cancels, new OngoingNonInviteClient(this.#table, out, flow, branch, NO_ONE));
      },
    };
  }

  get size(): number {
    return this.#found.size + this.#cancels.size;
  }

  begin(out: OutgoingRequest, flow: Flow, handlers: ResponseHandlers, suffix: string): ClientTransaction {
    const Kind = out.method === 'INVITE' ? OngoingInviteClient : OngoingNonInviteClient;
    return this.#begin(this.#found, new Kind(this.#table, out, flow, newBranch(suffix), handlers));
  }

  /** @throws {SipError} 400 for a response that cannot be read */
  find(response: SipResponse): OngoingClient | undefined {
    const { method } = response.cseq;
    const table = method === 'CANCEL' ? this.#cancels : this.#found;
    const transaction = table.get(clientKeyOf(response));
    return transaction?.out.method === method ? transaction : undefined;
  }

  clear(): void {
    this.#found.clear();
    this.#cancels.clear();
  }

  #begin(table: Map<string, OngoingClient>, transaction: OngoingClient): ClientTransaction {
    const { flow } = transaction;
    table.set(clientKey(transaction.branch), transaction);
    if (flow.isClosed) {
      // Told later: whoever asks has nothing in hand yet.
      queueMicrotask(() => transaction.unreachable());
      return transaction;
    }
    if (flow.isReliable) this.#flowUses.add(transaction);
    transaction.begin();
    return transaction;
  }

  #ended(transaction: OngoingClient): void {
    const key = clientKey(transaction.branch);
    const table = transaction.out.method === 'CANCEL' ? this.#cancels : this.#found;
    table.delete(key);
    if (transaction.flow.isReliable) this.#flowUses.delete(transaction);
  }
}

export function newBranch(suffix: string): string {
  return COOKIE + token() + suffix;
}
