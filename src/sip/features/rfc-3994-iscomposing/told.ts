import type { SipDevice } from '../../device.ts';

const MAX_TOLD = 50;

/** Who each binding believes to be writing to it, because it was told so. */
export class Told {
  readonly #all = new WeakMap<SipDevice, Map<string, number>>();

  /** @param until epoch milliseconds: by then it believes it no more */
  add(device: SipDevice, from: string, until: number): void {
    let told = this.#all.get(device);
    if (told === undefined) {
      told = new Map();
      this.#all.set(device, told);
    }
    told.set(from, until);
    if (told.size > MAX_TOLD) told.delete(told.keys().next().value!);
  }

  /** @returns whether it believed it still */
  delete(device: SipDevice, from: string, now: number): boolean {
    const told = this.#all.get(device);
    const until = told?.get(from);
    if (until === undefined) return false;
    told!.delete(from);
    return until > now;
  }
}
