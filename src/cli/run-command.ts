/** Runs a command where it belongs: in the running server, else on the data folder of one that does not run. */
import { allCommands } from '#commands/all.ts';
import type { Command } from '#commands/command.ts';
import { askServer } from './control-client.ts';
import { withNode } from './with-node.ts';

/** @throws {Failure} */
export async function runCommand<Out>(data: string, command: Command<unknown, Out>, input: unknown): Promise<Out> {
  const answer = await askServer(data, command.name, input);
  if (answer !== undefined) return command.output.parse(answer.output);
  return withNode(
    data,
    async (context) => (await allCommands.run(command.name, input, context, 'command line')) as Out,
  );
}
