/**
 * Every administrative action exists once, as a command: its name, what goes in and comes out, who may run it. The
 * command line, the control socket and the admin API are made from these; none of them does anything by itself.
 */
import { z } from 'zod';
import type { Accounts } from '#accounts/accounts.ts';
import type { Homes } from '#accounts/homes.ts';
import { Failure } from '#base/failure.ts';
import type { Settings } from '#base/loaded-settings.ts';
import type { Log } from '#base/log.ts';

/** Who may run a command. One who may sign in to this machine's data folder is an administrator. */
export type Role = 'administrator';

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
  readonly role: Role;
  /** Whether it changes anything; such a command is logged with who ran it. */
  readonly changes: boolean;
  readonly input: z.ZodType<In>;
  readonly output: z.ZodType<Out>;
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

  /**
   * @param by who runs it, for the log
   * @throws {Failure} 'not-found' for an unknown name, 'malformed' for a wrong input, and what the command throws
   */
  async run(name: string, input: unknown, context: CommandContext, by: string): Promise<unknown> {
    const found = this.#byName.get(name);
    if (found === undefined) throw new Failure('not-found', `there is no command ${name}`);
    const checked = found.input.safeParse(input);
    if (!checked.success) throw new Failure('malformed', z.prettifyError(checked.error));
    if (!found.changes) return found.output.parse(await found.run(context, checked.data));
    try {
      const output = found.output.parse(await found.run(context, checked.data));
      context.log.info({ command: name, by, account: subject(checked.data) }, 'an administrator ran a command');
      return output;
    } catch (err) {
      const reason = err instanceof Error ? err.message : String(err);
      context.log.warn({ command: name, by, account: subject(checked.data), reason }, 'a command failed');
      throw err;
    }
  }
}

/** The account that an input is about; nothing else of it is logged. */
function subject(input: unknown): string | undefined {
  const address = (input as { address?: unknown } | null)?.address;
  return typeof address === 'string' ? address : undefined;
}
