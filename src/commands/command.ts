/**
 * Every administrative action exists once, as a command: its name, what goes in and comes out, who may run it. The
 * command line, the control socket and the admin API are made from these; none of them does anything by itself.
 */
import { z } from 'zod';
import type { Accounts } from '#accounts/accounts.ts';
import type { Homes } from '#accounts/homes.ts';
import { covers, type Role } from '#accounts/roles.ts';
import { Failure } from '#base/failure.ts';
import type { Settings } from '#base/loaded-settings.ts';
import type { Log } from '#base/log.ts';
import type { Directory } from '#directory/directory.ts';
import type { LdapSync } from '#directory/ldap/ldap-sync.ts';
import type { AuditLog } from './audit-log.ts';
import type { BulkAdministration } from './bulk.ts';
import type { Caller } from './caller.ts';
import type { NtpControl } from './ntp.ts';
import type { Operations } from './operations.ts';
import type { SetupControl } from './setup.ts';
import type { TopologyControl } from './topology.ts';
import type { UnifiedCmAdministration } from './unified-cm.ts';

/** What commands work on: a running server, or the data folder of one that does not run. */
export interface CommandContext {
  /** The server's own domain, meant where an address names none. */
  readonly domain: string;
  /** All domains that accounts may be in, the server's own first. */
  readonly domains: readonly string[];
  readonly accounts: Accounts;
  readonly homes: Homes;
  readonly settings: Settings;
  readonly log: Log;
  /** Undefined while no server runs. */
  readonly server: ServerFacts | undefined;
  /** The owner of the end users; undefined where there is none to be asked. */
  readonly unifiedCm?: UnifiedCmAdministration | undefined;
  /** The embedded Unified CM's data. */
  readonly directory?: Directory | undefined;
  /** Undefined while no server runs, and where another Unified CM owns the users. */
  readonly ldap?: LdapSync | undefined;
  /** Where what changes anything is put on record before it is done. */
  readonly audit?: AuditLog | undefined;
  readonly time?: NtpControl | undefined;
  /** The machine's side of the server. */
  readonly operations?: Operations | undefined;
  /** Undefined on subscribers, which keep none. */
  readonly topology?: TopologyControl | undefined;
  /** What follows an installation; undefined while no server runs. */
  readonly setup?: SetupControl | undefined;
  /** Undefined while no server runs. */
  readonly bulk?: BulkAdministration | undefined;
  /** Who runs this command; set by `Commands.run`. */
  readonly caller?: Caller | undefined;
}

/** What a running server knows of itself. */
export interface ServerFacts {
  readonly startedAt: number;
  readonly version: string;
  /** Port by listener: `{ 'xmpp': 5222, 'http': 5280 }`. */
  readonly ports: Readonly<Record<string, number>>;
  /** Signed-in devices. */
  devices(): number;
  /** Empty when all is well. */
  problems(): readonly { what: string; reason: string }[];
}

export interface Command<In = unknown, Out = unknown> {
  /** `user.add`: the area's noun, then the verb. */
  readonly name: string;
  readonly help: string;
  /** The least that may run it. */
  readonly role: Role;
  /** Whether it changes anything; such a command is put on record with who ran it. */
  readonly changes: boolean;
  readonly input: z.ZodType<In>;
  readonly output: z.ZodType<Out>;
  /** It changes something and may do so before the setup of the node is finished. */
  readonly duringSetup?: true;
  /** It starts work that goes on when it has answered. */
  readonly startsJob?: true;
  /** What or whom it is about, for the record; never a secret. Left out: its `address`, `name` or `id`. */
  subject?(input: In, domain: string): string;
  run(context: CommandContext, input: In): Promise<Out> | Out;
}

/** Declares a command; gives the types of its input and output. */
export function command<In, Out>(definition: Command<In, Out>): Command<In, Out> {
  return definition;
}

/** The commands of a server, by name. */
export class Commands {
  readonly #byName = new Map<string, Command>();

  constructor(commands: readonly Command[]) {
    for (const one of commands) {
      if (this.#byName.has(one.name)) throw new Error(`the command ${one.name} is declared twice`);
      this.#byName.set(one.name, one);
    }
  }

  all(): Command[] {
    return [...this.#byName.values()];
  }

  find(name: string): Command | undefined {
    return this.#byName.get(name);
  }

  /**
   * @throws {Failure} 'not-found' for an unknown name, 'forbidden' for one who may not, 'malformed' for a wrong input,
   *   'unavailable' before the setup of the node is finished,
   *   'store-failing' where it changes something and cannot be put on record, and what the command throws
   */
  async run(name: string, input: unknown, context: CommandContext, caller: Caller): Promise<unknown> {
    const found = this.#byName.get(name);
    if (found === undefined) throw new Failure('not-found', `there is no command ${name}`);
    const { audit } = context;
    if (!covers(caller.roles, found.role)) {
      const reason = `${name} takes the role ${found.role}`;
      await audit?.refuse({ caller, command: name, subject: subjectOf(input, context.domain) }, reason);
      throw new Failure('forbidden', `${reason}: ask an administrator for it`);
    }
    const checked = found.input.safeParse(input);
    if (!checked.success) {
      const reason = z.prettifyError(checked.error);
      if (found.changes)
        await audit?.refuse({ caller, command: name, subject: subjectOf(input, context.domain) }, reason);
      throw new Failure('malformed', reason);
    }
    const locked = found.changes && !found.duringSetup ? context.setup?.lockedBecause : undefined;
    if (locked !== undefined) throw new Failure('unavailable', locked);
    const run = async () => found.output.parse(await found.run({ ...context, caller }, checked.data));
    if (!found.changes) return run();
    const subject = found.subject?.(checked.data, context.domain) ?? subjectOf(checked.data, context.domain);
    const action = { caller, command: name, subject };
    const begins = await audit?.begin(action);
    try {
      const output = await run();
      if (begins !== undefined) await audit?.end(action, begins, 'done');
      return output;
    } catch (err) {
      const reason = err instanceof Failure ? err.message : 'an internal error';
      if (begins !== undefined) await audit?.end(action, begins, 'failed', reason);
      context.log.warn({ command: name, by: caller.name, subject, reason: String(err) }, 'a command failed');
      throw err;
    }
  }
}

/** What an edge needs in order to run commands for whoever speaks its protocol. */
export interface Administration {
  readonly commands: Commands;
  readonly context: CommandContext;
}

/** What an input says that it is about; nothing else of it is put on record. */
function subjectOf(input: unknown, domain: string): string {
  const { address, name, id } = (input ?? {}) as { address?: unknown; name?: unknown; id?: unknown };
  if (typeof address === 'string') return withDomain(address, domain);
  const subject = name ?? id ?? '';
  return typeof subject === 'string' || typeof subject === 'number' ? String(subject) : '';
}

/** An address as it was given; the server's own domain is meant where it names none. */
export function withDomain(address: string, domain: string): string {
  return address.includes('@') ? address : `${address}@${domain}`;
}
