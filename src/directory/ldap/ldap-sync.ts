/** Keeps the users of LDAP directories as LDAP has them. */
import type { Clock } from '#base/clock.ts';
import { Failure } from '#base/failure.ts';
import type { Log } from '#base/log.ts';
import type { Directory } from '../directory.ts';
import type { DirectoryObject, Fields } from '../object.ts';
import { type Agreement, mappedFields, readAgreement } from './agreement.ts';
import { LdapConnection, type LdapTrust } from './ldap-connection.ts';
import { type Aside, type KnownUser, type Plan, plan, type UserFields } from './plan.ts';
import { readPeople } from './read-people.ts';

export interface LdapSyncOptions {
  readonly directory: Directory;
  readonly clock: Clock;
  readonly log: Log;
  readonly trust?: LdapTrust;
}

export interface LdapRun {
  readonly agreement: string;
  /** 'part': only who was changed since the run before. */
  readonly extent: 'whole' | 'part';
  readonly dryRun: boolean;
  readonly startedAt: number;
  finishedAt: number | undefined;
  phase: 'reading' | 'changing' | 'done' | 'failed' | 'cancelled';
  /** People read. */
  read: number;
  /** Changes to make, and made. */
  changes: number;
  changed: number;
  added: number;
  updated: number;
  deactivated: number;
  /** Who was left out, and why; the first thousand. */
  readonly aside: Aside[];
  error: string | undefined;
}

/** AXL's value of an end user's status. */
const ACTIVE = 1;
const INACTIVE = 0;
const MOST_ASIDE = 1000;
const DEFAULT_PRESENCE_GROUP = 'Standard Presence group';
/** How often it is looked whether a run is due. */
const LOOK_MS = 60_000;
/** A part never tells who has gone: each so many runs are whole. */
const WHOLE_EACH = 12;

interface State {
  run: LdapRun;
  cancelled: boolean;
}

/** What is known of an agreement since this server started; the first run is whole. */
interface Progress {
  newest: string | undefined;
  runs: number;
}

export class LdapSync {
  readonly #options: LdapSyncOptions;
  readonly #states = new Map<string, State>();
  readonly #running = new Map<string, Promise<LdapRun>>();
  readonly #progress = new Map<string, Progress>();
  #stopLooking: (() => void) | undefined;

  constructor(options: LdapSyncOptions) {
    this.#options = options;
  }

  /** Runs each agreement as often as it says. */
  schedule(): void {
    this.#stopLooking ??= this.#options.clock.every(LOOK_MS, () => {
      this.#look().catch((err) => this.#options.log.warn({ err }, 'LDAP directories could not be looked through'));
    });
  }

  /** Ends what runs, between two users. */
  async stop(): Promise<void> {
    this.#stopLooking?.();
    for (const state of this.#states.values()) state.cancelled = true;
    await Promise.allSettled(this.#running.values());
  }

  /** For AXL: begins, and does not wait for the end. @throws {Failure} 'not-found', 'conflict' when it runs already */
  async start(agreement: string): Promise<void> {
    this.run(agreement).catch(() => undefined);
  }

  async cancel(agreement: string): Promise<void> {
    const state = this.#states.get(agreement);
    if (state !== undefined) state.cancelled = true;
  }

  async status(agreement: string): Promise<string> {
    const run = this.#states.get(agreement)?.run;
    if (run === undefined) return 'Sync has not been run since the server started';
    if (run.phase === 'failed') return `Sync failed: ${run.error}`;
    if (run.phase === 'cancelled') return 'Sync was cancelled';
    if (run.phase === 'done')
      return `Sync completed: ${run.added} added, ${run.updated} updated, ${run.deactivated} deactivated`;
    return `Sync is running: ${run.read} read, ${run.changed} of ${run.changes} changes made`;
  }

  /** The last run of each agreement, or the one that is under way. */
  runs(): LdapRun[] {
    return [...this.#states.values()].map(({ run }) => run);
  }

  /**
   * Reads LDAP and changes the users accordingly. Nobody is ever deleted: who is gone may not sign in any more.
   * @param options.dryRun  changes nothing; the run tells what would be
   * @param options.force   also where far fewer are there than before
   * @param options.part    only who was changed since the run before, where that is known
   * @throws {Failure} 'not-found', 'conflict' when it runs already, 'forbidden', 'unavailable', 'not-acceptable': then
   *   nothing was changed
   */
  run(uuid: string, options: { dryRun?: boolean; force?: boolean; part?: boolean } = {}): Promise<LdapRun> {
    if (this.#running.has(uuid)) throw new Failure('conflict', 'this LDAP directory is being synchronised already');
    const running = this.#run(uuid, options).finally(() => this.#running.delete(uuid));
    this.#running.set(uuid, running);
    return running;
  }

  /** Whether LDAP takes a password of a user who is from there. @throws {Failure} 'unavailable' where no server answers */
  async bind(user: DirectoryObject, password: string): Promise<boolean> {
    const { uuid } = (user.fields.ldapDirectoryName ?? {}) as { uuid?: string };
    if (uuid === undefined || password === '') return false;
    const agreement = await this.#agreement(uuid);
    const dn = await this.#dnOf(agreement, user.name);
    if (dn === undefined) return false;
    try {
      const connection = await LdapConnection.open(agreement, dn, password, this.#options.trust);
      await connection.close();
      return true;
    } catch (error) {
      if (error instanceof Failure && error.kind === 'forbidden') return false;
      throw error;
    }
  }

  async #dnOf(agreement: Agreement, userid: string): Promise<string | undefined> {
    const connection = await this.#open(agreement);
    try {
      const own = {
        ...agreement,
        groupFilter: '',
        filter: `(${await useridAttribute(connection, agreement)}=${escapeFilter(userid)})`,
      };
      const { people } = await readPeople(connection, own, undefined, () => {});
      // Two of one name: nobody can say who signs in.
      return people.length === 1 ? people[0]!.dn : undefined;
    } finally {
      await connection.close();
    }
  }

  async #run(
    uuid: string,
    { dryRun = false, force = false, part = false }: { dryRun?: boolean; force?: boolean; part?: boolean },
  ): Promise<LdapRun> {
    const { clock, log } = this.#options;
    const agreement = await this.#agreement(uuid);
    const progress = this.#progress.get(uuid);
    const since = part ? progress?.newest : undefined;
    const run: LdapRun = {
      agreement: agreement.name,
      extent: since === undefined ? 'whole' : 'part',
      dryRun,
      startedAt: clock.now(),
      finishedAt: undefined,
      phase: 'reading',
      read: 0,
      changes: 0,
      changed: 0,
      added: 0,
      updated: 0,
      deactivated: 0,
      aside: [],
      error: undefined,
    };
    const state: State = { run, cancelled: false };
    this.#states.set(uuid, state);
    try {
      const newest = await this.#synchronise(agreement, since, force, state);
      if (!dryRun && !state.cancelled)
        this.#progress.set(uuid, { newest: newest ?? progress?.newest, runs: (progress?.runs ?? 0) + 1 });
      run.phase = state.cancelled ? 'cancelled' : 'done';
      const { added, updated, deactivated, aside } = run;
      log.info(
        { agreement: agreement.name, dryRun, added, updated, deactivated, aside: aside.length },
        'users were read from LDAP',
      );
      return run;
    } catch (error) {
      run.phase = 'failed';
      run.error = (error as Error).message;
      log.warn({ agreement: agreement.name, reason: run.error }, 'users could not be read from LDAP; nothing is lost');
      throw error;
    } finally {
      run.finishedAt = clock.now();
    }
  }

  /** @returns the newest change that LDAP told of */
  async #synchronise(
    agreement: Agreement,
    since: string | undefined,
    force: boolean,
    state: State,
  ): Promise<string | undefined> {
    const { run } = state;
    const connection = await this.#open(agreement);
    let found: Awaited<ReturnType<typeof readPeople>>;
    try {
      found = await readPeople(connection, agreement, since, (read) => {
        run.read = read;
        if (state.cancelled) throw new Failure('unavailable', 'it was cancelled');
      });
    } catch (error) {
      if (state.cancelled) return undefined;
      throw error;
    } finally {
      await connection.close();
    }
    const known = await this.#known();
    const whole = since === undefined;
    const made = plan({ agreement: agreement.uuid, people: found.people, known, whole, force });
    run.aside.push(...made.aside.slice(0, MOST_ASIDE));
    run.changes = made.added.length + made.updated.length + made.deactivated.length;
    if (run.dryRun)
      Object.assign(run, {
        added: made.added.length,
        updated: made.updated.length,
        deactivated: made.deactivated.length,
      });
    else await this.#apply(agreement, made, state);
    return found.newest;
  }

  /** One user is one transaction; one that cannot be changed is put aside, and does not stop the others. */
  async #apply(agreement: Agreement, { added, updated, deactivated }: Plan, state: State): Promise<void> {
    const { directory } = this.#options;
    const synchronising = { synchronising: true };
    const { run } = state;
    const template = agreement.template;
    for (const { userid, fields } of added) {
      await this.#one(state, userid, async () => {
        await directory.add('User', newUser(agreement, userid, fields));
        if (template !== undefined) await directory.applyTemplate(userid, template);
        run.added++;
      });
    }
    for (const { uuid, userid, fields, activated } of updated) {
      const status = activated ? { status: ACTIVE } : {};
      await this.#one(state, userid, async () => {
        await directory.update(
          'User',
          { uuid },
          { ...fields, ...status, ldapDirectoryName: { uuid: agreement.uuid } },
          synchronising,
        );
        run.updated++;
      });
    }
    for (const { uuid, userid } of deactivated) {
      await this.#one(state, userid, async () => {
        await directory.update('User', { uuid }, { status: INACTIVE }, synchronising);
        run.deactivated++;
      });
    }
  }

  async #one(state: State, userid: string, change: () => Promise<void>): Promise<void> {
    if (state.cancelled) return;
    const { run } = state;
    run.phase = 'changing';
    run.changed++;
    try {
      await change();
    } catch (error) {
      if (error instanceof Failure && (error.kind === 'store-failing' || error.kind === 'over-limit')) throw error;
      if (run.aside.length < MOST_ASIDE) run.aside.push({ who: userid, reason: (error as Error).message });
    }
  }

  async #known(): Promise<KnownUser[]> {
    const known: KnownUser[] = [];
    for await (const user of this.#options.directory.iterate('User')) known.push(knownUser(user));
    return known;
  }

  async #agreement(uuid: string): Promise<Agreement> {
    const object = await this.#options.directory.get('LdapDirectory', { uuid });
    if (object === undefined) throw new Failure('not-found', 'there is no such LDAP directory');
    return readAgreement(object);
  }

  async #open(agreement: Agreement): Promise<LdapConnection> {
    const password = await this.#options.directory.ldapPasswordOf(agreement.uuid);
    if (password === undefined) {
      throw new Failure(
        'forbidden',
        `the LDAP directory ${agreement.name} has no password; set it (updateLdapDirectory)`,
      );
    }
    return LdapConnection.open(agreement, agreement.bindDn, password, this.#options.trust);
  }

  /** Runs what is due. */
  async #look(): Promise<void> {
    const now = this.#options.clock.now();
    for await (const object of this.#options.directory.iterate('LdapDirectory')) {
      if (this.#running.has(object.uuid)) continue;
      const everyMs = everyMsOf(object);
      const last = this.#states.get(object.uuid)?.run.startedAt;
      if (everyMs === undefined || (last !== undefined && now - last < everyMs)) continue;
      const runs = this.#progress.get(object.uuid)?.runs ?? 0;
      await this.run(object.uuid, { part: runs % WHOLE_EACH !== 0 }).catch(() => undefined);
    }
  }
}

function everyMsOf(object: DirectoryObject): number | undefined {
  try {
    return readAgreement(object).everyMs;
  } catch {
    return undefined;
  }
}

function newUser(agreement: Agreement, userid: string, fields: UserFields): Fields {
  const given = Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== ''));
  return {
    ...given,
    userid,
    presenceGroupName: DEFAULT_PRESENCE_GROUP,
    ldapDirectoryName: { uuid: agreement.uuid },
    ...(agreement.groups.length === 0 ? {} : { associatedGroups: [...agreement.groups] }),
  };
}

function knownUser({ uuid, name, fields }: DirectoryObject): KnownUser {
  const { uuid: agreement } = (fields.ldapDirectoryName ?? {}) as { uuid?: string };
  return {
    uuid,
    userid: name,
    agreement,
    active: (fields.status ?? ACTIVE) === ACTIVE,
    fields: Object.fromEntries(mappedFields.map((field) => [field, String(fields[field] ?? '')])) as UserFields,
  };
}

async function useridAttribute(connection: LdapConnection, agreement: Agreement): Promise<string> {
  if (agreement.attributes.userid !== undefined) return agreement.attributes.userid;
  return (await connection.kind()) === 'Active Directory' ? 'sAMAccountName' : 'uid';
}

/** RFC 4515 §3. */
export function escapeFilter(value: string): string {
  return value.replace(/[\\*()\0]/g, (character) => `\\${character.charCodeAt(0).toString(16).padStart(2, '0')}`);
}
