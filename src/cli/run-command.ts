/** Runs a command where it belongs: in the running server, else on the data folder of one that does not run. */
import { allCommands } from '#commands/all.ts';
import { commandLine } from '#commands/caller.ts';
import type { Command } from '#commands/command.ts';
import { type AskOptions, askServer } from './control-client.ts';
import { withNode } from './with-node.ts';

/** @throws {Failure} */
export async function runCommand<Out>(
  data: string,
  command: Command<unknown, Out>,
  input: unknown,
  options?: AskOptions,
): Promise<Out> {
  const answer = await askServer(data, command.name, input, options);
  if (answer !== undefined) return command.output.parse(answer.output);
  return withNode(data, async (context) => (await allCommands.run(command.name, input, context, commandLine)) as Out);
}
