/** The files of the log, for who has to see what happened. */
import { lstatSync, readdirSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { Failure } from '#base/failure.ts';
import { type CommandContext, command } from './command.ts';
import { operationsOf } from './operations-of.ts';

const MAX_BYTES_AT_ONCE = 262_144;

const file = z.object({ name: z.string(), bytes: z.number(), changedAt: z.number().describe('epoch milliseconds') });

export type LogFile = z.infer<typeof file>;

export const logFiles = command({
  name: 'log.files',
  help: 'The files that the log is kept in.',
  role: 'operator',
  changes: false,
  input: z.strictObject({}),
  output: z.array(file),
  run: (context) => list(context),
});

export const logRead = command({
  name: 'log.read',
  help: 'A piece of a file of the log.',
  role: 'operator',
  changes: false,
  input: z.strictObject({
    name: z.string().min(1).max(255).describe('as log.files shows it'),
    from: z.int().default(0).describe('the byte to begin at; below 0: so many before the end'),
    maxBytes: z.int().min(1).max(MAX_BYTES_AT_ONCE).default(MAX_BYTES_AT_ONCE),
  }),
  output: z.object({
    base64: z.string().describe('the bytes'),
    next: z.number().describe('where the next piece begins'),
    size: z.number().describe('of the file, in bytes'),
  }),
  async run(context, { name, from, maxBytes }) {
    // Only what is in the list is opened, so no name leads out of the folder.
    const found = list(context).find((one) => one.name === name);
    if (found === undefined) throw new Failure('not-found', `the log has no file ${name}`);
    const handle = await open(join(operationsOf(context).logFolder, found.name), 'r');
    try {
      const { size } = await handle.stat();
      const at = from < 0 ? Math.max(0, size + from) : Math.min(from, size);
      const { bytesRead, buffer } = await handle.read(Buffer.alloc(Math.min(maxBytes, size - at)), 0, undefined, at);
      return { base64: buffer.subarray(0, bytesRead).toString('base64'), next: at + bytesRead, size };
    } finally {
      await handle.close();
    }
  },
});

/** Plain files alone: no folder, and no link that leads elsewhere. */
function list(context: CommandContext): LogFile[] {
  const { logFolder } = operationsOf(context);
  let names: string[];
  try {
    names = readdirSync(logFolder);
  } catch {
    return [];
  }
  return names.sort().flatMap((name) => {
    const found = lstatSync(join(logFolder, name), { throwIfNoEntry: false });
    return found?.isFile() ? [{ name, bytes: found.size, changedAt: Math.round(found.mtimeMs) }] : [];
  });
}
