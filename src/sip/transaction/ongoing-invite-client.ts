import type { SipResponse } from '../wire/message.ts';
import { type Input, type State, step } from './invite-client.ts';
import { OngoingClient } from './ongoing-client.ts';
import { OwnedTimer } from './owned-timer.ts';
import { acknowledgement, cancellation, requestText } from './request-text.ts';
import { T1_MS, TRANSACTION_MS } from './timers.ts';

/** RFC 3261 §17.1.1.2: at least 32 seconds. */
const D_MS = TRANSACTION_MS;

/** Carries out what the machine of `invite-client.ts` says. */
export class OngoingInviteClient extends OngoingClient {
  #state: State = 'calling';
  #response: SipResponse | undefined;
  #repeatMs = T1_MS;
  #repeat: OwnedTimer<Input> | undefined;
  #end: OwnedTimer<Input> | undefined;
  #ack = '';
  #cancel: 'no' | 'when heard of' | 'sent' = 'no';

  begin(): void {
    this.take('begin');
  }

  receive(response: SipResponse): void {
    this.#response = response;
    const { status } = response;
    this.take(status < 200 ? 'provisional' : status < 300 ? '2xx' : 'failure');
    if (this.#cancel === 'when heard of') this.cancel();
  }

  /** RFC 3261 §9.1: not before anything has been heard of the INVITE, or the two could come in the wrong order. */
  cancel(): void {
    if (this.#cancel === 'sent' || (this.#state !== 'calling' && this.#state !== 'proceeding')) return;
    this.#cancel = this.#state === 'calling' ? 'when heard of' : 'sent';
    if (this.#cancel !== 'sent') return;
    // Whoever does not answer now, never will.
    this.#startEnd('timer B', TRANSACTION_MS);
    this.table.beginCancel(cancellation(this.out), this.flow, this.branch);
  }

  unreachable(): void {
    this.take('transport error');
  }

  take(input: Input): void {
    const actions = step(this.#state, input, this.flow.isReliable);
    this.#state = actions[0];
    for (let i = 1; i < actions.length; i++) this.#do(actions[i]!);
  }

  #do(action: ReturnType<typeof step>[number]): void {
    switch (action) {
      case 'send':
        this.send();
        break;
      case 'start A':
        this.#repeat ??= new OwnedTimer<Input>(this, 'timer A');
        this.table.timers.start(this.#repeat, this.#repeatMs);
        this.#repeatMs *= 2;
        break;
      case 'start B':
        this.#startEnd('timer B', TRANSACTION_MS);
        break;
      case 'start D':
        this.#startEnd('timer D', D_MS);
        break;
      case 'start M':
        this.#startEnd('timer M', TRANSACTION_MS);
        break;
      case 'stop':
        if (this.#repeat !== undefined) this.table.timers.stop(this.#repeat);
        if (this.#end !== undefined) this.table.timers.stop(this.#end);
        break;
      case 'acknowledge':
        this.#acknowledge();
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

  /** RFC 3261 §17.1.1.3: the ACK has the very Via of the INVITE. */
  #acknowledge(): void {
    if (this.#ack === '') {
      const ack = acknowledgement(this.out, this.#response!.header('to') ?? '');
      this.#ack = requestText(ack, this.flow, this.branch);
    }
    this.flow.send(this.#ack);
  }

  #startEnd(input: Input, afterMs: number): void {
    if (this.#end !== undefined) this.table.timers.stop(this.#end);
    this.#end = new OwnedTimer<Input>(this, input);
    this.table.timers.start(this.#end, afterMs);
  }
}
