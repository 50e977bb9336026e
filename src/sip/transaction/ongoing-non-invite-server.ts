import type { Flow } from '../transport/flow.ts';
import type { SipRequest } from '../wire/message.ts';
import { type Input, type State, step } from './non-invite-server.ts';
import { OngoingServer, type ServerTable } from './ongoing-server.ts';
import { OwnedTimer } from './owned-timer.ts';
import { TRANSACTION_MS } from './timers.ts';

/** Carries out what the machine of `non-invite-server.ts` says. */
export class OngoingNonInviteServer extends OngoingServer {
  #state: State = 'trying';
  /** RFC 4320 §4.2: whoever asked does not wait any longer than that. */
  readonly #patience = new OwnedTimer<Input>(this, 'given up');

  constructor(table: ServerTable, key: string, request: SipRequest, flow: Flow) {
    super(table, key, request, flow);
    table.timers.start(this.#patience, TRANSACTION_MS);
  }

  get isFinal(): boolean {
    return this.#state === 'completed' || this.#state === 'terminated';
  }

  repeated(): void {
    this.take('request');
  }

  /** RFC 3261 §9.2: what is no INVITE is not taken back. */
  onCancel(): void {}

  take(input: Input): void {
    const actions = step(this.#state, input, this.flow.isReliable);
    this.#state = actions[0];
    for (let i = 1; i < actions.length; i++) this.#do(actions[i]!);
  }

  protected mayGive(status: number): boolean {
    // RFC 4320 §4.1: no provisional response but 100.
    return !this.isFinal && (status >= 200 || status === 100);
  }

  protected give(status: number, text: string): void {
    this.last = text;
    this.take(status < 200 ? 'provisional' : 'final');
  }

  protected unsendable(): void {
    this.take('transport error');
  }

  #do(action: ReturnType<typeof step>[number]): void {
    switch (action) {
      case 'send again':
        this.table.counts.retransmissions.of('response').add(1);
        this.sendLast();
        break;
      case 'send':
        this.sendLast();
        break;
      case 'start J':
        this.table.remember(this, this.last);
        this.ended();
        break;
      case 'stop':
        this.table.timers.stop(this.#patience);
        break;
      case 'end':
        this.ended();
        break;
    }
  }
}
