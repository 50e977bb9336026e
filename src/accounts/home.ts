import type { Row } from '#store/database.ts';
import type { Device } from './device.ts';
import type { Homes } from './homes.ts';

/** What a home must know of its account. */
export interface AccountIdentity {
  /** The key of the account's rows in every table. */
  readonly id: number;
  /** 'local@domain', prepared. */
  readonly address: string;
  readonly admin: boolean;
}

/**
 * The one place where an account is alive: its contact list, devices, publications and inbox. Everything from or to the
 * account passes through it, so there is one writer, no lock, and an order that is the truth. What an area keeps here
 * is a `HomePart`; a home knows none of them by name. It never assumes that another home is in the same process: what
 * one home has to tell another goes through `homes`.
 */
export class Home {
  readonly account: AccountIdentity;
  readonly homes: Homes;
  /** Signed-in devices by id. */
  readonly devices = new Map<string, Device>();
  /** When something last happened here, epoch milliseconds; idle homes are let go. */
  usedAt: number;
  readonly parts: unknown[] = [];

  constructor(account: AccountIdentity, homes: Homes) {
    this.account = account;
    this.homes = homes;
    this.usedAt = homes.clock.now();
  }

  get address(): string {
    return this.account.address;
  }

  /** Puts a device in its place; one of the same id that was there before is returned. */
  addDevice(device: Device): Device | undefined {
    const before = this.devices.get(device.id);
    this.devices.set(device.id, device);
    return before;
  }

  /** Takes a device away, if it is still the one of its id. */
  removeDevice(device: Device): void {
    if (this.devices.get(device.id) === device) this.devices.delete(device.id);
    this.usedAt = this.homes.clock.now();
  }
}

/** Something that an area or a feature keeps in memory for each loaded account. */
export interface HomePart<T> {
  of(home: Home): T;
}

export interface PartDefinition<T> {
  /** Statements with the account's id as their only value; all parts are read in one round trip. */
  queries?: readonly string[];
  /** Makes the part of what was read: the rows of each query, in order. */
  load(home: Home, rows: Row[][]): T;
  /** Whether the home must stay loaded for this part's sake (something not written yet). */
  busy?(part: T): boolean;
  /** Writes what is to be written before the home is let go while something may be: the server stops, or it is disabled. */
  flush?(part: T, home: Home): void;
}

export const partDefinitions: PartDefinition<unknown>[] = [];

/** Declares a part, once, at the top of the file that owns it. */
export function homePart<T>(definition: PartDefinition<T>): HomePart<T> {
  const slot = partDefinitions.push(definition as PartDefinition<unknown>) - 1;
  return { of: (home) => home.parts[slot] as T };
}
