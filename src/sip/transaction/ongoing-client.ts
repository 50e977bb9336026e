import type { Flow } from '../transport/flow.ts';
import type { OutgoingRequest, SipResponse } from '../wire/message.ts';
import { requestText } from './request-text.ts';
import type { Table } from './table.ts';
import type { ClientTransaction, ResponseHandlers } from './transaction.ts';

/** What client transactions need of the table that finds them. */
export interface ClientTable extends Table {
  /** Over: it is not found any more. */
  clientEnded(transaction: OngoingClient): void;
  /** A request that nothing finds by its own branch: the CANCEL and the ACK of an INVITE. */
  beginCancel(out: OutgoingRequest, flow: Flow, branch: string): void;
}

/** What both kinds of client transactions have in common. */
export abstract class OngoingClient implements ClientTransaction {
  readonly out: OutgoingRequest;
  readonly flow: Flow;
  readonly branch: string;
  protected readonly table: ClientTable;
  protected readonly handlers: ResponseHandlers;
  /** As it is sent, and sent again; nothing is where the transport repeats by itself. */
  readonly #text: string;
  #isRepeated = false;

  constructor(table: ClientTable, out: OutgoingRequest, flow: Flow, branch: string, handlers: ResponseHandlers) {
    this.table = table;
    this.out = out;
    this.flow = flow;
    this.branch = branch;
    this.handlers = handlers;
    this.#text = requestText(out, flow, branch);
  }

  abstract begin(): void;

  abstract receive(response: SipResponse): void;

  abstract cancel(): void;

  /** The connection is gone. */
  abstract unreachable(): void;

  protected send(): void {
    if (this.#isRepeated) this.table.counts.retransmissions.of('request').add(1);
    this.#isRepeated = true;
    this.flow.send(this.#text);
  }

  protected pass(response: SipResponse): void {
    try {
      this.handlers.response(response);
    } catch (err) {
      this.table.log.error({ err }, 'a response could not be handled');
    }
  }

  protected fail(why: 'timeout' | 'transport'): void {
    this.table.counts.timeouts.of(why === 'timeout' ? 'response' : 'transport').add(1);
    try {
      this.handlers.failed?.(why);
    } catch (err) {
      this.table.log.error({ err }, 'a failed request could not be handled');
    }
  }
}
