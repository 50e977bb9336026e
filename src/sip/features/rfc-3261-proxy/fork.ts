import type { ServerTransaction } from '../../transaction/transaction.ts';
import type { SipError } from '../../wire/sip-error.ts';
import type { Group } from './attempt.ts';
import { bestResponse, type Outcome } from './best-response.ts';
import { Branch, madeUp, type Passing } from './branch.ts';
import { shareBreadth } from './breadth.ts';
import { headOf } from './passed-on.ts';

/** The response context of a request that is passed on (RFC 3261 §16.6, §16.7). */
export class Fork {
  readonly #server: ServerTransaction;
  readonly #passing: Passing;
  readonly #groups: Group[];
  readonly #breadth: number;
  readonly #outcomes: Outcome[] = [];
  #branches: Branch[] = [];

  /** @param groups who is asked, one group after the other */
  constructor(
    server: ServerTransaction,
    passing: Omit<Passing, 'provisional' | 'final'>,
    groups: readonly Group[],
    breadth: number,
  ) {
    this.#server = server;
    this.#groups = [...groups];
    this.#breadth = breadth;
    this.#passing = {
      ...passing,
      provisional: (outcome) => this.#forward(outcome),
      final: (branch, outcome) => this.#final(branch, outcome),
    };
    server.onCancel(() => this.giveUp());
  }

  /** Asks the next group. */
  start(): void {
    const group = this.#groups.shift()!;
    const shares = this.#shares(group);
    this.#branches = shares.map((share, i) => new Branch(this.#passing, group[i]!, share));
    if (shares.length === 0) this.#finish();
    for (const branch of this.#branches) branch.start();
  }

  /** None where there are too many to ask. */
  #shares(group: Group): number[] {
    try {
      return shareBreadth(this.#breadth, group.length);
    } catch (error) {
      this.#outcomes.push(madeUp((error as SipError).status));
      return [];
    }
  }

  #final(branch: Branch, outcome: Outcome): void {
    const isSuccess = outcome.status < 300;
    if (isSuccess) this.#forward(outcome);
    else this.#outcomes.push(outcome);
    if (isSuccess || outcome.status >= 600) this.giveUp(branch);
    if (isSuccess || this.#branches.some(({ isDone }) => !isDone)) return;
    if (this.#groups.length > 0) this.start();
    else this.#finish();
  }

  /** RFC 3261 §16.7 step 10, §16.10: nobody else is asked, and who has been is told. */
  giveUp(but?: Branch): void {
    this.#groups.length = 0;
    if (this.#passing.request.method !== 'INVITE') return;
    for (const branch of this.#branches) if (branch !== but) branch.cancel();
  }

  #finish(): void {
    if (this.#server.isFinal) return;
    const best = bestResponse(this.#outcomes);
    // RFC 4320 §4.2: nobody waits for it any more.
    if (best.status === 408 && this.#passing.request.method !== 'INVITE') return;
    this.#forward(best);
  }

  #forward(outcome: Outcome): void {
    const { status, reason, headers, body } = outcome;
    if (headers.length === 0) this.#server.respond(status, { reason });
    else this.#server.forward(status, reason, headOf(headers), body);
  }
}
