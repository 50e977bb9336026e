import { accountTable } from '#accounts/account-tables.ts';
import { type Home, homePart } from '#accounts/home.ts';
import { Failure } from '#base/failure.ts';
import { Semaphore } from '#base/semaphore.ts';
import type { Row, Statement } from '#store/database.ts';
import { addressesBlocking, type BlockListChange, blockListChanged } from './hooks.ts';
import { limitsOf } from './limits.ts';

accountTable('blocked_addresses', 'account');

/** So many changes of one list may wait for each other; there are far fewer devices. */
const MAX_WAITING = 1000;

const INSERT = `insert into blocked_addresses (account, address) values (?, ?)
  on conflict (account, address) do nothing`;
const DELETE = 'delete from blocked_addresses where account = ? and address = ?';
const DELETE_ALL = 'delete from blocked_addresses where account = ?';

/**
 * Whom an account does not want to have to do with, whatever protocol they speak. Each address is one of
 * 'local@domain/device', 'local@domain', 'domain/device' and 'domain', prepared. As with the contact list, what is in
 * memory is what is on disk.
 */
export class BlockList {
  readonly #home: Home;
  readonly #addresses: Set<string>;
  readonly #turns = new Semaphore(1, MAX_WAITING);
  #changing = 0;

  constructor(home: Home, rows: readonly Row[]) {
    this.#home = home;
    this.#addresses = new Set(rows.map((row) => row.address as string));
  }

  /** In no order that means anything. */
  get addresses(): ReadonlySet<string> {
    return this.#addresses;
  }

  get busy(): boolean {
    return this.#changing > 0;
  }

  /**
   * Whether somebody is blocked. Nobody blocks oneself, nor the server that one's account is on, which acts for it,
   * though its domain may be blocked for the sake of all others there.
   * @param address 'local@domain' or 'domain'
   * @param device '' for none
   */
  blocks(address: string, device: string): boolean {
    const addresses = this.#addresses;
    if (addresses.size === 0 || address === this.#home.address) return false;
    if (device === '' && address === domainOf(this.#home.address)) return false;
    return covers(addresses, address, device);
  }

  /**
   * Blocks addresses. Resolves when that is on disk and in force.
   * @param addresses prepared
   * @throws {Failure} 'over-limit', 'store-failing'; nothing has changed
   */
  block(addresses: readonly string[]): Promise<void> {
    return this.#inTurn(async () => {
      const { hooks } = this.#home.homes;
      const change = this.#change('block', addresses, (address) => !this.#addresses.has(address));
      const { maxBlocked } = limitsOf(this.#home);
      if (this.#addresses.size + change.changed.length > maxBlocked) {
        throw new Failure('over-limit', `an account blocks ${maxBlocked} addresses at most; unblock one first`);
      }
      await this.#write(INSERT, change.changed);
      hooks.run(addressesBlocking, change);
      for (const address of change.changed) this.#addresses.add(address);
      hooks.run(blockListChanged, change);
    });
  }

  /**
   * Blocks addresses no longer. Resolves when that is on disk and in force.
   * @param addresses prepared; those that are not blocked do not matter
   * @throws {Failure} 'store-failing'; nothing has changed
   */
  unblock(addresses: readonly string[]): Promise<void> {
    return this.#inTurn(async () => {
      const change = this.#change('unblock', addresses, (address) => this.#addresses.has(address));
      await this.#write(DELETE, change.changed);
      for (const address of change.changed) this.#addresses.delete(address);
      this.#home.homes.hooks.run(blockListChanged, change);
    });
  }

  /** Blocks nobody any more. As `unblock`. */
  unblockAll(): Promise<void> {
    return this.#inTurn(async () => {
      const { account, homes } = this.#home;
      const changed = [...this.#addresses];
      if (changed.length > 0) await homes.database.write({ sql: DELETE_ALL, values: [account.id] });
      this.#addresses.clear();
      homes.hooks.run(blockListChanged, { home: this.#home, action: 'unblock', named: [], changed });
    });
  }

  #change(
    action: BlockListChange['action'],
    addresses: readonly string[],
    isChange: (address: string) => boolean,
  ): BlockListChange {
    const named = [...new Set(addresses)];
    return { home: this.#home, action, named, changed: named.filter(isChange) };
  }

  async #write(sql: string, addresses: readonly string[]): Promise<void> {
    const { account, homes } = this.#home;
    const statements: Statement[] = addresses.map((address) => ({ sql, values: [account.id, address] }));
    if (statements.length > 0) await homes.database.write(...statements);
  }

  /** One change after the other, so that each finds what the one before it has left. */
  async #inTurn(change: () => Promise<void>): Promise<void> {
    this.#changing++;
    try {
      await this.#turns.run(change);
    } finally {
      this.#changing--;
    }
  }
}

/**
 * Whether somebody is among blocked addresses: at that device, at all, or with the whole domain (XEP-0191 §6).
 * @param device '' for none
 */
export function covers(addresses: ReadonlySet<string>, address: string, device: string): boolean {
  return (
    addresses.has(address) ||
    addresses.has(domainOf(address)) ||
    (device !== '' && addresses.has(`${address}/${device}`))
  );
}

/** @param address without a device */
function domainOf(address: string): string {
  return address.slice(address.indexOf('@') + 1);
}

const lists = homePart<BlockList>({
  queries: ['select address from blocked_addresses where account = ?'],
  load: (home, [rows = []]) => new BlockList(home, rows),
  busy: (list) => list.busy,
});

export function blockListOf(home: Home): BlockList {
  return lists.of(home);
}

/** Whether an account has blocked somebody. @param device '' for none */
export function isBlocked(home: Home, address: string, device = ''): boolean {
  return lists.of(home).blocks(address, device);
}
