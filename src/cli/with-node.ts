import { silentLog } from '#base/log.ts';
import type { CommandContext } from '#commands/command.ts';
import { loadServer } from './server-module.ts';

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
  const { openContext } = await loadServer();
  const { context, close } = await openContext({ data, env: settingsEnvironment(), log: silentLog() });
  try {
    return await work(context);
  } finally {
    await close();
  }
}
