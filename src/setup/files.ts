/** Files that are there whole or not at all, and that nobody else may read. */
import { closeSync, fsyncSync, linkSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';

/** Puts a file in its place, on disk when the call returns; one that was there is replaced. */
export function replaceFile(path: string, content: string | Uint8Array, mode = 0o600): void {
  const fresh = writeBeside(path, content, mode);
  renameSync(fresh, path);
  syncFolder(dirname(path));
}

/** The same for a file that must not be there yet. @returns false, and changes nothing, where it is */
export function createFile(path: string, content: string | Uint8Array, mode = 0o600): boolean {
  const fresh = writeBeside(path, content, mode);
  try {
    linkSync(fresh, path);
    syncFolder(dirname(path));
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    rmSync(fresh, { force: true });
  }
}

function writeBeside(path: string, content: string | Uint8Array, mode: number): string {
  const fresh = `${path}.${process.pid}.new`;
  rmSync(fresh, { force: true });
  const file = openSync(fresh, 'wx', mode);
  try {
    writeSync(file, typeof content === 'string' ? Buffer.from(content) : content);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  return fresh;
}

function syncFolder(path: string): void {
  const folder = openSync(path, 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}
