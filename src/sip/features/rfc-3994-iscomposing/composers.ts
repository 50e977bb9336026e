import type { Home } from '#accounts/home.ts';
import type { Clock } from '#base/clock.ts';
import { Deadlines } from '#base/deadlines.ts';
import type { End } from '#messaging/delivery.ts';

export interface Composer {
  readonly sender: Home;
  readonly from: End;
  readonly to: End;
}

/** So many write at a time; of more it is not known when they stop. */
const MAX_COMPOSERS = 10_000;

/** Who is writing to whom, as far as SIP clients say so: what they say holds for a while only (RFC 3994 §3.3). */
export class Composers {
  readonly #known = new Map<string, Composer>();
  readonly #ends: Deadlines<Composer>;

  /** @param stopped told of who has not said it again */
  constructor(clock: Clock, stopped: (composer: Composer) => void) {
    this.#ends = new Deadlines(clock, (composer) => {
      this.#known.delete(keyOf(composer));
      stopped(composer);
    });
  }

  get size(): number {
    return this.#known.size;
  }

  set(composer: Composer, until: number): void {
    const key = keyOf(composer);
    const known = this.#known.get(key);
    if (known === undefined && this.#known.size >= MAX_COMPOSERS) return;
    if (known === undefined) this.#known.set(key, composer);
    this.#ends.set(known ?? composer, until);
  }

  delete(ends: Pick<Composer, 'from' | 'to'>): void {
    const known = this.#known.get(keyOf(ends));
    if (known === undefined) return;
    this.#known.delete(keyOf(ends));
    this.#ends.delete(known);
  }

  stop(): void {
    this.#ends.stop();
    this.#known.clear();
  }
}

/** To whichever device: who has sent the message does not write it any more. */
function keyOf({ from, to }: Pick<Composer, 'from' | 'to'>): string {
  return `${from.address}/${from.device}>${to.address}`;
}
