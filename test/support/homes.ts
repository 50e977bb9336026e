import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { type Device, type Handover, type PresenceNotice, type Publication, wantsMessages } from '#accounts/device.ts';
import type { AccountIdentity, Home } from '#accounts/home.ts';
import { Homes } from '#accounts/homes.ts';
import { Hooks } from '#base/hook.ts';
import { silentLog } from '#base/log.ts';
import { contactsOf } from '#contacts/contact-list.ts';
import type { ContactLimits } from '#contacts/settings.ts';
import { startContacts } from '#contacts/subscribing.ts';
import { startPresence } from '#presence/publishing.ts';
import { type PresenceOptions, upkeepOf } from '#presence/upkeep.ts';
import type { Database, Migration } from '#store/database.ts';
import { personal } from '#store/migrations/0005-personal.ts';
import { publications } from '#store/migrations/0007-publications.ts';
import { presenceRules } from '#store/migrations/0010-presence-rules.ts';
import { openSqlite } from '#store/sqlite.ts';
import { FakeClock } from './fake-clock.ts';

/** Homes on a store of their own, with contact lists and presence, without a wire. */
export interface World {
  homes: Homes;
  hooks: Hooks;
  clock: FakeClock;
  database: Database;
  /** Accounts by address; take one out, and it is gone. */
  accounts: Map<string, AccountIdentity>;
  home(address: string): Promise<Home>;
  /** Forgets what is in memory, as a restart does. */
  restart(): void;
  /** Resolves when nothing is under way any more. */
  settled(): Promise<void>;
  close(): Promise<void>;
}

export interface WorldOptions {
  people: readonly string[];
  /** Beside those that presence needs. */
  migrations: readonly Migration[];
  limits?: ContactLimits;
  presence?: PresenceOptions;
  /** Stands between the homes and the store. */
  wrap?: (database: Database) => Database;
}

export async function makeWorld({ people, migrations, limits, presence, wrap }: WorldOptions): Promise<World> {
  const folder = mkdtempSync(join(tmpdir(), 'rollcall-test-'));
  const store = await openSqlite(join(folder, 'store.db'));
  for (const { statements } of new Set([...migrations, personal, publications, presenceRules]))
    await store.write(...statements.map((sql) => ({ sql })));
  const database = wrap?.(store) ?? store;
  const accounts = new Map(people.map((address, i) => [address, { id: i + 1, address, admin: false }]));
  const clock = new FakeClock();
  let hooks: Hooks;
  let homes: Homes;
  const start = () => {
    hooks = new Hooks((name, error) => {
      throw new Error(`a handler of ${name} failed`, { cause: error });
    });
    const find = async (address: string) => accounts.get(address);
    homes = new Homes({ database, clock, hooks, log: silentLog(), find });
    startContacts(homes, limits);
    startPresence(homes, presence);
  };
  start();
  return {
    get homes() {
      return homes;
    },
    get hooks() {
      return hooks;
    },
    clock,
    database,
    accounts,
    async home(address) {
      const home = await homes.load(address);
      if (home === undefined) throw new Error(`there is no ${address}`);
      return home;
    },
    restart() {
      upkeepOf(homes).stop();
      homes.close();
      start();
    },
    async settled() {
      for (let quiet = 0; quiet < 3; quiet++) {
        await store.read('select 1');
        await turn();
        for (const home of homes.all()) if (contactsOf(home).busy) quiet = -1;
      }
    },
    async close() {
      upkeepOf(homes).stop();
      homes.close();
      await store.close();
      rmSync(folder, { recursive: true });
    },
  };
}

/** A device that writes down what it is told. */
export class RecordingDevice implements Device {
  readonly id: string;
  readonly edge = 'sip';
  readonly home: Home;
  publication: Publication | undefined;
  wantsContacts = false;
  readonly notices: PresenceNotice[] = [];

  constructor(home: Home, id: string) {
    this.home = home;
    this.id = id;
    home.addDevice(this);
  }

  get takesMessages(): boolean {
    return wantsMessages(this.publication);
  }

  takePresence(notice: PresenceNotice): void {
    this.notices.push(notice);
  }

  /** What it was told since it was asked last: 'address/device availability'. */
  told(): string[] {
    return this.notices
      .splice(0)
      .map(({ from, device, publication }) => `${from}/${device} ${publication?.availability ?? 'unavailable'}`);
  }

  takeMessage(_message: Handover): void {}

  takeNative(): boolean {
    return false;
  }

  end(): void {
    this.home.removeDevice(this);
  }
}
