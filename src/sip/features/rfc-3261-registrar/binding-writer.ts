import type { Home } from '#accounts/home.ts';
import type { Clock } from '#base/clock.ts';
import { SlicedQueue } from '#base/sliced-queue.ts';
import type { Value } from '#store/database.ts';
import { type Binding, bindingsPart } from '../../bindings.ts';

/** What changes again within this time is written once. */
const WRITE_AFTER_MS = 400;
/** After a write that failed. */
const WRITE_AGAIN_MS = 2000;

const COLUMNS = [
  ...['account', 'id', 'device', 'uri', 'params', 'q', 'expires_at', 'registered_at', 'call_id', 'cseq', 'instance'],
  ...['reg_id', 'path', 'user_agent', 'methods', 'flow'],
];
const CHANGED = COLUMNS.slice(2).map((column) => `${column} = excluded.${column}`);
const PUT = `insert into bindings (${COLUMNS.join(', ')}) values (${COLUMNS.map(() => '?').join(', ')})
  on conflict (account, id) do update set ${CHANGED.join(', ')}`;
const DELETE = 'delete from bindings where account = ? and id = ?';

/**
 * Brings bindings to the disk, shortly after they have changed. Nobody waits for it: what is there serves to find clients
 * again after a restart, and a client registers again before it ends.
 */
export class BindingWriter {
  readonly #clock: Clock;
  readonly #queue: SlicedQueue<Home>;
  #waiting = new Set<Home>();
  #cancel: (() => void) | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#queue = new SlicedQueue<Home>((home) => this.write(home));
  }

  /** A binding is no longer as it is on disk. */
  changed(home: Home, id: string, afterMs = WRITE_AFTER_MS): void {
    bindingsPart.of(home).unwritten.add(id);
    this.#waiting.add(home);
    this.#cancel ??= this.#clock.after(afterMs, () => this.#writeAll());
  }

  /** Writes what a home has not written yet. */
  write(home: Home): undefined {
    this.#waiting.delete(home);
    const { unwritten, all } = bindingsPart.of(home);
    if (unwritten.size === 0) return;
    const ids = [...unwritten];
    unwritten.clear();
    // A home that was dropped has lost its account, or another one is in its place.
    if (home.homes.loaded(home.address) !== home) return;
    for (const id of ids) this.#write(home, id, all.get(id));
  }

  /** Writes all that is not written yet. */
  drain(): void {
    this.#cancel?.();
    this.#writeAll();
    this.#queue.drain();
  }

  #write(home: Home, id: string, binding: Binding | undefined): void {
    const { database } = home.homes;
    if (binding !== undefined) binding.writtenUntil = binding.said.expiresAt;
    const commit =
      binding === undefined ? database.append(DELETE, [home.account.id, id]) : database.append(PUT, valuesOf(binding));
    commit.onSettled(() => {
      if (commit.state === 'failed') this.changed(home, id, WRITE_AGAIN_MS);
    });
  }

  #writeAll(): void {
    this.#cancel = undefined;
    const waiting = this.#waiting;
    this.#waiting = new Set();
    for (const home of waiting) this.#queue.push(home);
  }
}

/** In the order of the columns. */
function valuesOf({ home, said, flowId }: Binding): Value[] {
  const { id, device, uri, params, q, expiresAt, registeredAt, callId, cseq, instance, regId } = said;
  const { path, userAgent, methods } = said;
  return [
    ...[home.account.id, id, device, uri, params, q, expiresAt, registeredAt, callId, cseq, instance],
    ...[regId, path, userAgent, methods, flowId],
  ];
}
