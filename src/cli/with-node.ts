/** The way from the command line to the server itself, which is loaded only where it is needed. */
import { silentLog } from '#base/log.ts';
import type { CommandContext } from '#commands/command.ts';

export const loadServer = () => import('#main.ts');

/** The environment as the settings see it; ROLLCALL_DATA is for this program itself. */
export function settingsEnvironment(): NodeJS.ProcessEnv {
  const { ROLLCALL_DATA: _, ...rest } = process.env;
  return rest;
}

/**
 * Opens the data folder of a server that does not run, for as long as `work` takes.
 * @throws {Failure} where it runs, or there is none
 */
export async function withNode<T>(data: string, work: (context: CommandContext) => Promise<T>): Promise<T> {
  const { openNode, commandContext } = await loadServer();
  const node = await openNode({ data, env: settingsEnvironment(), log: silentLog() });
  try {
    return await work(commandContext(node));
  } finally {
    await node.close();
  }
}
