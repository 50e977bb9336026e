/** Asks the running server, over the control socket of its data folder. */
import { request } from 'node:http';
import { join, resolve } from 'node:path';
import { Failure, type FailureKind } from '#base/failure.ts';
import { socketPath } from '#base/socket-path.ts';

/** How long an answer may take to begin, for commands that are not known to take longer. */
const TIMEOUT_MS = 60_000;
/** Longest answer that is taken: a list of all accounts of a large company has room in it. */
const MAX_ANSWER_BYTES = 256 * 1024 * 1024;

export interface AskOptions {
  timeoutMs?: number;
}

/**
 * Runs a command in the server of a data folder.
 * @returns undefined where no server runs
 * @throws {Failure} what the command failed with
 */
export async function askServer(
  data: string,
  name: string,
  input: unknown,
  { timeoutMs = TIMEOUT_MS }: AskOptions = {},
): Promise<{ output: unknown } | undefined> {
  const path = join(resolve(data), 'control.sock');
  let answer: { status: number; body: string };
  try {
    answer = await post(socketPath(path), `/commands/${name}`, JSON.stringify(input), timeoutMs);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ECONNREFUSED' || code === 'ENOTDIR') return undefined;
    if (code === 'EACCES') {
      throw new Failure('forbidden', `${path} belongs to another user; run this as the user that the server runs as`);
    }
    throw new Failure('unavailable', `the server does not answer on ${path}: ${message}`, { cause: error });
  }
  const output = JSON.parse(answer.body);
  if (answer.status === 200) return { output };
  throw new Failure((output.kind as FailureKind | undefined) ?? 'unavailable', output.error);
}

function post(path: string, target: string, body: string, timeout: number): Promise<{ status: number; body: string }> {
  return new Promise((resolvePost, reject) => {
    const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
    const sent = request({ socketPath: path, path: target, method: 'POST', headers, timeout }, (answer) => {
      const chunks: Buffer[] = [];
      let size = 0;
      answer.on('data', (chunk: Buffer) => {
        size += chunk.length;
        if (size > MAX_ANSWER_BYTES) sent.destroy(new Error('the answer is too large'));
        chunks.push(chunk);
      });
      answer.on('end', () => resolvePost({ status: answer.statusCode ?? 0, body: Buffer.concat(chunks).toString() }));
      answer.on('error', reject);
    });
    sent.on('timeout', () => sent.destroy(new Error(`nothing came within ${timeout / 1000} seconds`)));
    sent.on('error', reject);
    sent.end(body);
  });
}
