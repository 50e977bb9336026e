import type { Role } from '#accounts/roles.ts';

/** The ways in which a command can be run. */
export type Face = 'command line' | 'rest' | 'ad hoc' | 'server';

/** Who runs a command. */
export interface Caller {
  /** The account's address, `token NAME`, or 'command line'. */
  readonly name: string;
  readonly face: Face;
  readonly roles: readonly Role[];
}

/** Whoever may open the data folder of this server. */
export const commandLine: Caller = { name: 'command line', face: 'command line', roles: ['administrator'] };

/** The server itself, for what it does by its settings. */
export const theServer: Caller = { name: 'server', face: 'server', roles: ['administrator'] };
