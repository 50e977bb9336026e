import type { Device } from '#accounts/device.ts';
import type { Home } from '#accounts/home.ts';
import type { Homes } from '#accounts/homes.ts';
import { Failure } from '#base/failure.ts';
import { Commit } from '#store/database.ts';
import { INCOMING, OWED, UNTIL_DELIVERED } from './archive-flags.ts';

/** So long a device may take to answer; who sends waits for it, and must not think meanwhile that it was lost. */
const HOLD_MS = 100;
const TICK_MS = 50;

const APPEND = 'insert into archive (account, id, peer, flags, stanza) values (?, ?, ?, ?, ?)';

/** As much of an inbox as is concerned. */
export interface Holder {
  readonly held: Map<number, Held>;
  hasPassing: boolean;
  lastCommit: Commit | undefined;
}

/**
 * A message that nobody keeps for history, on its way to devices that answer for each message at once. Once one of them
 * has it there is nothing left to be kept, and the disk need never know; otherwise it goes there. Whoever sent it is told
 * no sooner than one of the two is so.
 */
export interface Held {
  readonly inbox: Holder;
  readonly home: Home;
  readonly id: number;
  readonly peer: string;
  readonly text: string;
  /** Settled when a device has it, or the disk. */
  readonly commit: Commit;
  /** Epoch milliseconds. */
  readonly until: number;
}

/** Whether a device says of each message, at once, whether it has it. */
export function answersAtOnce({ answersEach }: Device): boolean {
  return answersEach === true;
}

/** Holds a message back from the disk for a moment. @returns what its sender waits for */
export function hold(home: Home, inbox: Holder, id: number, peer: string, text: string): Commit {
  const commit = new Commit();
  const held = { inbox, home, id, peer, text, commit, until: home.homes.clock.now() + HOLD_MS };
  inbox.held.set(id, held);
  queueOf(home.homes).add(held);
  return commit;
}

/** A device has it. */
export function release({ inbox, id, commit }: Held): void {
  inbox.held.delete(id);
  commit.settle();
}

/** It goes to the disk after all. */
export function keepHeld({ inbox, home, id, peer, text, commit }: Held): void {
  if (!inbox.held.delete(id)) return;
  // A home that was dropped has lost its account, and nothing of it is to be left on the disk.
  if (home.homes.loaded(home.address) !== home) {
    commit.settle(new Failure('unavailable', 'Nobody of that address takes messages.'));
    return;
  }
  const flags = INCOMING | OWED | UNTIL_DELIVERED;
  const written = home.homes.database.append(APPEND, [home.account.id, id, peer, flags, text]);
  inbox.hasPassing = true;
  inbox.lastCommit = written;
  written.onSettled(() => commit.settle(written.error));
}

/** All that are held for a server, in the order of their time. */
class HoldingQueue {
  readonly #homes: Homes;
  #queue: Held[] = [];
  #stop: (() => void) | undefined;

  constructor(homes: Homes) {
    this.#homes = homes;
  }

  add(held: Held): void {
    this.#queue.push(held);
    this.#stop ??= this.#homes.clock.every(TICK_MS, () => this.#tick());
  }

  #tick(): void {
    const now = this.#homes.clock.now();
    let over = 0;
    for (const held of this.#queue) {
      if (held.until > now) break;
      over++;
      keepHeld(held);
    }
    this.#queue = this.#queue.slice(over);
    if (this.#queue.length > 0) return;
    this.#stop?.();
    this.#stop = undefined;
  }
}

const queues = new WeakMap<Homes, HoldingQueue>();

function queueOf(homes: Homes): HoldingQueue {
  let queue = queues.get(homes);
  if (queue === undefined) {
    queue = new HoldingQueue(homes);
    queues.set(homes, queue);
  }
  return queue;
}
