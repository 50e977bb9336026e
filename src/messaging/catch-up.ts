import type { Handover } from '#accounts/device.ts';

/** What comes while a device is given what waited, and may be kept in memory for it. */
const MAX_QUEUE = 1000;

/** A device is being given what waited for its account. */
export class CatchUp {
  /** What has come meanwhile, to be given to it afterwards; it counts as handed over. */
  queue: Handover[] = [];
  /** Ids of what it was given and has not acknowledged. */
  readonly unacknowledged = new Set<number>();
  #wake: (() => void) | undefined;

  get isFull(): boolean {
    return this.queue.length >= MAX_QUEUE;
  }

  /** Somebody has acknowledged it, or gave it back. */
  settled(id: number): void {
    if (this.unacknowledged.delete(id)) this.wake();
  }

  /** Resolves when something is acknowledged, or when there is another reason to look up. */
  something(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  wake(): void {
    const wake = this.#wake;
    this.#wake = undefined;
    wake?.();
  }
}
