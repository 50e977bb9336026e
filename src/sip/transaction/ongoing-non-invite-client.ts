import type { Flow } from '../transport/flow.ts';
import type { OutgoingRequest, SipResponse } from '../wire/message.ts';
import { type Input, type State, step } from './non-invite-client.ts';
import { type ClientTable, OngoingClient } from './ongoing-client.ts';
import { OwnedTimer } from './owned-timer.ts';
import { T1_MS, T2_MS, TRANSACTION_MS } from './timers.ts';
import type { ResponseHandlers } from './transaction.ts';

/** Carries out what the machine of `non-invite-client.ts` says. */
export class OngoingNonInviteClient extends OngoingClient {
  #state: State = 'trying';
  #response: SipResponse | undefined;
  #repeatMs = T1_MS;
  readonly #repeat: OwnedTimer<Input> | undefined;
  readonly #patience: OwnedTimer<Input>;

  constructor(table: ClientTable, out: OutgoingRequest, flow: Flow, branch: string, handlers: ResponseHandlers) {
    super(table, out, flow, branch, handlers);
    this.#repeat = flow.isReliable ? undefined : new OwnedTimer<Input>(this, 'timer E');
    this.#patience = new OwnedTimer<Input>(this, 'timer F');
  }

  begin(): void {
    this.take('begin');
  }

  receive(response: SipResponse): void {
    this.#response = response;
    this.take(response.status < 200 ? 'provisional' : 'final');
  }

  /** RFC 3261 §9.1: only an INVITE is taken back. */
  cancel(): void {}

  unreachable(): void {
    this.take('transport error');
  }

  take(input: Input): void {
    const actions = step(this.#state, input, this.flow.isReliable);
    this.#state = actions[0];
    for (let i = 1; i < actions.length; i++) this.#do(actions[i]!);
  }

  #do(action: ReturnType<typeof step>[number]): void {
    const { timers } = this.table;
    switch (action) {
      case 'send':
        this.send();
        break;
      case 'start E':
        timers.start(this.#repeat!, this.#repeatMs);
        this.#repeatMs = Math.min(2 * this.#repeatMs, T2_MS);
        break;
      case 'start E slowly':
        timers.start(this.#repeat!, T2_MS);
        break;
      case 'start F':
        timers.start(this.#patience, TRANSACTION_MS);
        break;
      case 'stop':
        if (this.#repeat !== undefined) timers.stop(this.#repeat);
        timers.stop(this.#patience);
        break;
      case 'pass':
        this.pass(this.#response!);
        break;
      case 'fail: timeout':
        this.fail('timeout');
        break;
      case 'fail: transport':
        this.fail('transport');
        break;
      case 'end':
        this.table.clientEnded(this);
        break;
    }
  }
}
