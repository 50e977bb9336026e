import type { Flow } from '../transport/flow.ts';
import type { OngoingClient } from './ongoing-client.ts';

/** Which requests wait on which connection, so that they fail with it (RFC 3261 §17.1.4). */
export class FlowUses {
  readonly #waiting = new WeakMap<Flow, Set<OngoingClient>>();

  add(transaction: OngoingClient): void {
    const { flow } = transaction;
    let waiting = this.#waiting.get(flow);
    if (waiting === undefined) {
      waiting = new Set();
      this.#waiting.set(flow, waiting);
      flow.onClose(() => this.#closed(flow));
    }
    waiting.add(transaction);
  }

  delete(transaction: OngoingClient): void {
    this.#waiting.get(transaction.flow)?.delete(transaction);
  }

  #closed(flow: Flow): void {
    const waiting = this.#waiting.get(flow);
    this.#waiting.delete(flow);
    for (const transaction of waiting ?? []) transaction.unreachable();
  }
}
