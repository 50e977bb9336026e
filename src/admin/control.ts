/**
 * The control socket: the commands, for whoever may open the data folder of a running server. POST /commands/NAME with
 * the input as JSON; the answer is the output, or an error as on the HTTP port.
 */
import { chmodSync, rmSync } from 'node:fs';
import { socketPath } from '#base/socket-path.ts';
import { commandLine } from '#commands/caller.ts';
import type { CommandContext, Commands } from '#commands/command.ts';
import { httpApp } from './fastify.ts';
import { answerErrors } from './http.ts';

const MAX_BODY_BYTES = 1_048_576;

/**
 * @param path of the socket; the caller holds the lock on the data folder, so one that is there is left over
 * @throws {Failure} 'not-acceptable' when the path is too long for a socket
 */
export async function startControl(
  path: string,
  commands: Commands,
  context: CommandContext,
): Promise<{ stop(): Promise<void> }> {
  const app = httpApp({ bodyLimit: MAX_BODY_BYTES });
  answerErrors(app, context.log);
  app.post<{ Params: { name: string } }>('/commands/:name', async (request, reply) => {
    const output = await commands.run(request.params.name, request.body ?? {}, context, commandLine);
    return reply.type('application/json').send(JSON.stringify(output ?? null));
  });
  const near = socketPath(path);
  rmSync(path, { force: true });
  await app.listen({ path: near });
  chmodSync(path, 0o600);
  return { stop: () => app.close() };
}
