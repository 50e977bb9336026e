import type { Flow } from '../transport/flow.ts';
import type { SipRequest } from '../wire/message.ts';
import { type Input, type State, step } from './invite-server.ts';
import { OngoingServer, type ServerTable } from './ongoing-server.ts';
import { OwnedTimer } from './owned-timer.ts';
import { T1_MS, T2_MS, T4_MS, TRANSACTION_MS } from './timers.ts';

/** RFC 3261 §17.2.1: by then a 100 is sent, where there is nothing better to say. */
const TRYING_MS = 200;

/** Carries out what the machine of `invite-server.ts` says. */
export class OngoingInviteServer extends OngoingServer {
  #state: State = 'proceeding';
  #onCancel: (() => void)[] | undefined;
  #repeatMs = T1_MS;
  /** Sends the 100, then is timer G. */
  readonly #repeat = new OwnedTimer<'timer G'>({ take: () => this.#onRepeat() }, 'timer G');
  #end: OwnedTimer<Input> | undefined;

  constructor(table: ServerTable, key: string, request: SipRequest, flow: Flow) {
    super(table, key, request, flow);
    table.timers.start(this.#repeat, TRYING_MS);
  }

  get isFinal(): boolean {
    return this.#state !== 'proceeding';
  }

  repeated(): void {
    if (this.last === '') this.respond(100);
    else this.take('request');
  }

  onCancel(run: () => void): void {
    this.#onCancel ??= [];
    this.#onCancel.push(run);
  }

  cancelled(): void {
    if (!this.isFinal) this.runAll(this.#onCancel);
  }

  /** @returns whether it belongs here: from the peer of the INVITE, to the response that was sent */
  acknowledged(ack: SipRequest, flow: Flow): boolean {
    if (this.#state === 'proceeding' || flow.remoteAddress !== this.flow.remoteAddress) return false;
    const { tag } = ack.to;
    if (tag !== '' && tag !== tagOf(this.last)) return false;
    if (this.#state === 'accepted') this.table.passAck(ack, flow);
    this.take('ack');
    return true;
  }

  take(input: Input): void {
    const actions = step(this.#state, input, this.flow.isReliable);
    this.#state = actions[0];
    for (let i = 1; i < actions.length; i++) this.#do(actions[i]!);
  }

  protected mayGive(status: number): boolean {
    return this.#state === 'proceeding' || (this.#state === 'accepted' && status >= 200 && status < 300);
  }

  protected give(status: number, text: string): void {
    this.last = text;
    this.take(status < 200 ? 'provisional' : status < 300 ? '2xx' : 'failure');
  }

  protected unsendable(): void {
    this.take('transport error');
  }

  #onRepeat(): void {
    if (this.#state !== 'proceeding') this.take('timer G');
    else if (this.last === '') this.respond(100);
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
      case 'start G':
        this.table.timers.start(this.#repeat, this.#repeatMs);
        this.#repeatMs = Math.min(2 * this.#repeatMs, T2_MS);
        break;
      case 'start H':
        this.#startEnd('timer H', TRANSACTION_MS);
        break;
      case 'start I':
        this.#startEnd('timer I', T4_MS);
        break;
      case 'start L':
        this.#startEnd('timer L', TRANSACTION_MS);
        break;
      case 'stop':
        this.table.timers.stop(this.#repeat);
        if (this.#end !== undefined) this.table.timers.stop(this.#end);
        break;
      case 'fail':
        this.table.counts.timeouts.of('ack').add(1);
        break;
      case 'end':
        this.ended();
        break;
    }
  }

  #startEnd(input: Input, afterMs: number): void {
    this.#end = new OwnedTimer<Input>(this, input);
    this.table.timers.start(this.#end, afterMs);
  }
}

/** The tag of To in a response of ours. */
function tagOf(response: string): string {
  return /\r\nto[ \t]*:[^\r\n]*;[ \t]*tag[ \t]*=[ \t]*([^;,\s>]+)/i.exec(response)?.[1] ?? '';
}
