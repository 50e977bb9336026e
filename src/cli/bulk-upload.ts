import { open } from 'node:fs/promises';
import { basename } from 'node:path';
import { Failure } from '#base/failure.ts';
import { type BulkFile, bulkUpload } from '#commands/bulk.ts';
import { runCommand } from './run-command.ts';

/** What travels at a time; with its base64 it stays below what the control socket takes. */
const PIECE_BYTES = 524_288;

/**
 * Sends a file to the server, piece by piece: it is read with the rights of who sits here, not of the server.
 * @throws {Failure} 'not-found', 'forbidden' for a file that cannot be read, and what the server says
 */
export async function upload(data: string, path: string, transaction: string, replace: boolean): Promise<BulkFile> {
  const file = await open(path, 'r').catch((cause: NodeJS.ErrnoException) => {
    const kind = cause.code === 'ENOENT' ? 'not-found' : 'forbidden';
    throw new Failure(kind, `${path} cannot be read: ${cause.message}`, { cause });
  });
  try {
    const name = basename(path).replaceAll(' ', '_');
    const buffer = Buffer.alloc(PIECE_BYTES);
    for (let offset = 0; ; ) {
      const { bytesRead } = await file.read(buffer, 0, PIECE_BYTES, offset);
      const last = bytesRead < PIECE_BYTES;
      const piece = buffer.toString('base64', 0, bytesRead);
      const taken = await runCommand(data, bulkUpload, { name, transaction, offset, piece, last, replace });
      if (taken.file !== undefined) return taken.file;
      offset += bytesRead;
    }
  } finally {
    await file.close();
  }
}
