import type { Flow } from '../transport/flow.ts';
import type { SipRequest } from '../wire/message.ts';
import { hasTag, responseText } from './response-text.ts';
import type { Table } from './table.ts';
import { token } from './tokens.ts';
import type { ResponseOptions, ServerTransaction } from './transaction.ts';

const NOTHING: ResponseOptions = {};

/** What both kinds of server transactions have in common. */
export abstract class OngoingServer implements ServerTransaction {
  readonly request: SipRequest;
  readonly flow: Flow;
  readonly key: string;
  /** Where it is the one of its request that is served (`isMerged`). */
  mergeKey = '';
  protected readonly table: ServerTable;
  /** The response given last; '' for none. */
  protected last = '';
  #toTag = '';
  #onEnd: (() => void)[] | undefined;

  constructor(table: ServerTable, key: string, request: SipRequest, flow: Flow) {
    this.table = table;
    this.key = key;
    this.request = request;
    this.flow = flow;
  }

  abstract readonly isFinal: boolean;

  /** A response is to be sent. @returns whether the state lets it */
  protected abstract give(status: number, text: string): void;

  protected abstract mayGive(status: number): boolean;

  /** The request has come again. */
  abstract repeated(): void;

  abstract onCancel(run: () => void): void;

  get toTag(): string {
    if (this.#toTag === '') this.#toTag = token();
    return this.#toTag;
  }

  respond(status: number, options: ResponseOptions = NOTHING): void {
    if (!this.mayGive(status)) return;
    const tag = status === 100 || hasTag(this.request) ? '' : (options.toTag ?? this.toTag);
    this.give(status, responseText(this.request, this.flow, status, tag, options));
  }

  forward(status: number, reason: string, head: string, body: string): void {
    if (!this.mayGive(status)) return;
    this.give(status, `SIP/2.0 ${status} ${reason}\r\n${head}Content-Length: ${body.length}\r\n\r\n${body}`);
  }

  isMerged(): boolean {
    return this.table.isMerged(this);
  }

  onEnd(run: () => void): void {
    this.#onEnd ??= [];
    this.#onEnd.push(run);
  }

  protected sendLast(): void {
    this.table.reply(this.request, this.flow, this.last, () => this.unsendable());
  }

  protected abstract unsendable(): void;

  protected ended(): void {
    this.table.ended(this);
    this.runAll(this.#onEnd);
  }

  protected runAll(list: readonly (() => void)[] | undefined): void {
    if (list === undefined) return;
    for (const run of list) {
      try {
        run();
      } catch (err) {
        this.table.log.error({ err }, 'a user of a transaction failed');
      }
    }
  }
}

/** What server transactions need of the table that finds them. */
export interface ServerTable extends Table {
  isMerged(transaction: OngoingServer): boolean;
  /** Over: it is not found any more. */
  ended(transaction: OngoingServer): void;
  /** Over, but its response is sent again to whoever asks again. */
  remember(transaction: OngoingServer, response: string): void;
}
