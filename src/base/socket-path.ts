import { relative } from 'node:path';
import { Failure } from './failure.ts';

/** Longest path of a socket on Linux (sun_path), with its final zero. */
const MAX_PATH_BYTES = 108;

/** The shorter of the path in full and from here: a socket's path has little room. */
export function socketPath(path: string): string {
  const fromHere = relative(process.cwd(), path);
  const shorter = fromHere.length < path.length ? fromHere : path;
  if (Buffer.byteLength(shorter) < MAX_PATH_BYTES) return shorter;
  throw new Failure(
    'not-acceptable',
    `the path ${path} is too long for a socket; choose a data folder nearer to the root`,
  );
}
