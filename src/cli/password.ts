/** Passwords from the person at the keyboard, or from another program; never from the command line, which all can see. */
import { isUtf8 } from 'node:buffer';
import { createReadStream } from 'node:fs';
import { Failure } from '#base/failure.ts';
import { UsageError } from './cli.ts';

const MAX_INPUT_BYTES = 65_536;

/** Asks twice on a terminal; with `fromStdin` the first line of the standard input is the password. */
export async function readPassword(fromStdin: boolean | undefined): Promise<string> {
  if (fromStdin) return firstLine(process.stdin);
  if (!process.stdin.isTTY)
    throw new UsageError('there is no terminal to ask on; give the password with --password-stdin');
  const password = await askSecret('Password: ');
  if (password !== (await askSecret('Again: ')))
    throw new Failure('malformed', 'the two were not the same; nothing was changed');
  return password;
}

/** The first line of a file. @throws {Failure} */
export async function passwordFromFile(path: string): Promise<string> {
  try {
    return await firstLine(createReadStream(path));
  } catch (error) {
    if (error instanceof Failure) throw error;
    throw new Failure('not-found', `${path} cannot be read: ${(error as Error).message}`, { cause: error });
  }
}

async function firstLine(input: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of input) {
    chunks.push(chunk);
    size += chunk.length;
    if (chunk.includes('\n')) break;
    if (size > MAX_INPUT_BYTES) throw new Failure('malformed', 'the password is too long');
  }
  const all = Buffer.concat(chunks);
  if (!isUtf8(all)) throw new Failure('malformed', 'the password is not UTF-8');
  const line = all.toString().split('\n')[0]!.replace(/\r$/, '');
  if (line === '') throw new Failure('malformed', 'there is no password on the first line');
  return line;
}

/** Reads one line from the terminal without showing it. */
export function askSecret(question: string): Promise<string> {
  const { stdin, stderr } = process;
  stderr.write(question);
  stdin.setRawMode(true).setEncoding('utf8').resume();
  return new Promise((resolve, reject) => {
    let typed = '';
    const end = (settle: () => void) => {
      stdin.off('data', take).setRawMode(false).pause();
      stderr.write('\n');
      settle();
    };
    const take = (keys: string) => {
      for (const key of keys) {
        if (key === '\r' || key === '\n') return end(() => resolve(typed));
        if (key === '\u0003' || key === '\u0004')
          return end(() => reject(new Failure('unavailable', 'given up; nothing was changed')));
        if (key === '\u007f' || key === '\b') typed = [...typed].slice(0, -1).join('');
        else if (key >= ' ') typed += key;
      }
    };
    stdin.on('data', take);
  });
}

/** Asks a question that is answered by y or n; anything but y is no. */
export async function confirm(question: string): Promise<boolean> {
  process.stderr.write(`${question} [y/N] `);
  const answer = await firstLine(process.stdin).catch(() => 'n');
  return /^y(es)?$/i.test(answer.trim());
}
