/**
 * The files of bulk administration, in a folder of the data folder that is its owner's alone: `files` that were
 * uploaded, `exports` and `logs` that jobs have written, `work` of those that run.
 */
import { createHash, type Hash } from 'node:crypto';
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { type FileHandle, open, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '#base/clock.ts';
import { Failure } from '#base/failure.ts';
import { Semaphore } from '#base/semaphore.ts';
import type { Database, Row } from '#store/database.ts';
import type { BulkSettings } from './settings.ts';
import type { Transaction } from './transaction.ts';

export const FOLDERS = ['files', 'exports', 'logs', 'work'] as const;
export type Folder = (typeof FOLDERS)[number];

/** Uploads that have begun and not ended; one more puts the oldest aside. */
const MAX_UPLOADS = 16;
/** What is read of a file at a time. */
const PIECE_BYTES = 65_536;

export interface UploadedFile {
  readonly name: string;
  readonly target: string;
  readonly transaction: string;
  readonly size: number;
  readonly sha256: string;
  readonly uploadedBy: string;
  readonly uploadedAt: number;
}

export interface Piece {
  readonly name: string;
  readonly transaction: Transaction;
  /** Where in the file the piece stands; 0 begins anew. */
  readonly offset: number;
  readonly bytes: Uint8Array;
  readonly isLast: boolean;
  /** Whether a file of the name that is there makes room. */
  readonly replace: boolean;
  readonly by: string;
}

interface Upload {
  size: number;
  readonly hash: Hash;
}

export class BulkFiles {
  readonly #folder: string;
  readonly #database: Database;
  readonly #clock: Clock;
  readonly #settings: BulkSettings;
  readonly #uploads = new Map<string, Upload>();
  readonly #turns = new Semaphore(1, 100);

  constructor(folder: string, database: Database, clock: Clock, settings: BulkSettings) {
    this.#folder = folder;
    this.#database = database;
    this.#clock = clock;
    this.#settings = settings;
    for (const one of FOLDERS) mkdirSync(join(folder, one), { recursive: true, mode: 0o700 });
    // Of uploads and jobs that broke off with the server.
    for (const one of FOLDERS) {
      for (const name of readdirSync(join(folder, one))) {
        if (name.startsWith('.')) rmSync(join(folder, one, name), { force: true });
      }
    }
  }

  /** @throws {Failure} 'malformed' for what is no name of a file here */
  path(folder: Folder, name: string): string {
    return join(this.#folder, folder, checkName(name));
  }

  /**
   * Takes a piece of a file.
   * @param isUsed whether a job needs the file of that name
   * @returns how many bytes are there now, and the file once it is whole
   * @throws {Failure} 'malformed', 'conflict', 'over-limit'
   */
  upload(piece: Piece, isUsed: (name: string) => Promise<boolean>): Promise<{ size: number; file?: UploadedFile }> {
    return this.#turns.run(() => this.#take(piece, isUsed));
  }

  async #take(
    piece: Piece,
    isUsed: (name: string) => Promise<boolean>,
  ): Promise<{ size: number; file?: UploadedFile }> {
    const { name, offset, bytes, isLast, replace } = piece;
    const part = join(this.#folder, 'files', `.${checkName(name)}.part`);
    if (offset === 0) await this.#begin(name, replace, isUsed);
    const upload = this.#uploads.get(name);
    if (upload === undefined) throw new Failure('conflict', `the upload of ${name} is not under way; begin it anew`);
    if (upload.size !== offset) {
      throw new Failure('conflict', `of ${name} ${upload.size} bytes are here; go on there, or begin anew`);
    }
    const { maxFileBytes } = this.#settings;
    if (offset + bytes.length > maxFileBytes) {
      this.#uploads.delete(name);
      await rm(part, { force: true });
      throw new Failure('over-limit', `a file has ${maxFileBytes} bytes at most; divide it`);
    }
    const file = await open(part, offset === 0 ? 'w' : 'r+', 0o600);
    try {
      if (bytes.length > 0) await file.write(bytes, 0, bytes.length, offset);
      if (isLast) await file.sync();
    } finally {
      await file.close();
    }
    upload.hash.update(bytes);
    upload.size += bytes.length;
    if (!isLast) return { size: upload.size };
    return { size: upload.size, file: await this.#finish(piece, upload, part) };
  }

  async #begin(name: string, replace: boolean, isUsed: (name: string) => Promise<boolean>): Promise<void> {
    const known = await this.find(name);
    if (known !== undefined && !replace) {
      throw new Failure('conflict', `a file ${name} is there already; replace it, or take another name`);
    }
    if (known !== undefined && (await isUsed(name))) {
      throw new Failure('conflict', `a job needs the file ${name}; take another name, or delete the job`);
    }
    const [row] = await this.#database.read('select count(*) as files from bulk_files');
    if (known === undefined && (row!.files as number) >= this.#settings.maxFiles) {
      throw new Failure('over-limit', `${this.#settings.maxFiles} files are kept at most; delete one first`);
    }
    this.#uploads.delete(name);
    if (this.#uploads.size >= MAX_UPLOADS) {
      const [oldest] = this.#uploads.keys();
      this.#uploads.delete(oldest!);
      await rm(join(this.#folder, 'files', `.${oldest}.part`), { force: true });
    }
    this.#uploads.set(name, { size: 0, hash: createHash('sha256') });
  }

  async #finish({ name, transaction, by }: Piece, { size, hash }: Upload, part: string): Promise<UploadedFile> {
    this.#uploads.delete(name);
    const file: UploadedFile = {
      name,
      target: transaction.target,
      transaction: transaction.name,
      size,
      sha256: hash.digest('hex'),
      uploadedBy: by,
      uploadedAt: this.#clock.now(),
    };
    await rename(part, this.path('files', name));
    await this.#database.write({
      sql: `insert into bulk_files (name, target, transaction_name, size, sha256, uploaded_by, uploaded_at)
        values (?, ?, ?, ?, ?, ?, ?) on conflict (name) do update set target = excluded.target,
        transaction_name = excluded.transaction_name, size = excluded.size, sha256 = excluded.sha256,
        uploaded_by = excluded.uploaded_by, uploaded_at = excluded.uploaded_at`,
      values: [name, file.target, file.transaction, size, file.sha256, by, file.uploadedAt],
    });
    return file;
  }

  async find(name: string): Promise<UploadedFile | undefined> {
    const [row] = await this.#database.read('select * from bulk_files where name = ?', [checkName(name)]);
    return row && readFile(row);
  }

  async list(): Promise<UploadedFile[]> {
    return (await this.#database.read('select * from bulk_files order by name')).map(readFile);
  }

  /** @throws {Failure} 'not-found' */
  async remove(name: string): Promise<void> {
    const [result] = await this.#database.write({
      sql: 'delete from bulk_files where name = ?',
      values: [checkName(name)],
    });
    if (result!.changes === 0) throw new Failure('not-found', `there is no file ${name}`);
    await rm(this.path('files', name), { force: true });
  }

  async removeWritten(folder: Exclude<Folder, 'files'>, name: string): Promise<void> {
    if (name !== '') await rm(this.path(folder, name), { force: true });
  }

  async exists(folder: Folder, name: string): Promise<boolean> {
    return stat(this.path(folder, name)).then(
      () => true,
      () => false,
    );
  }

  /** The bytes of a file, piece by piece. @throws {Failure} 'not-found' */
  async *read(folder: Folder, name: string): AsyncGenerator<Uint8Array> {
    const file = await this.#open(folder, name);
    try {
      const buffer = Buffer.alloc(PIECE_BYTES);
      for (;;) {
        const { bytesRead } = await file.read(buffer, 0, PIECE_BYTES, null);
        if (bytesRead === 0) return;
        yield buffer.subarray(0, bytesRead);
      }
    } finally {
      await file.close();
    }
  }

  /** One piece of a file. @throws {Failure} 'not-found' */
  async readPiece(
    folder: Folder,
    name: string,
    offset: number,
    length: number,
  ): Promise<{ bytes: Buffer; size: number }> {
    const file = await this.#open(folder, name);
    try {
      const { size } = await file.stat();
      const { bytesRead, buffer } = await file.read(
        Buffer.alloc(Math.max(0, Math.min(length, size - offset))),
        0,
        null,
        offset,
      );
      return { bytes: buffer.subarray(0, bytesRead), size };
    } finally {
      await file.close();
    }
  }

  /**
   * Writes a file that is there whole or not at all, text by text.
   * @param texts what it is made of; when it throws, there is no file
   */
  async write(folder: Folder, name: string, texts: AsyncIterable<string>): Promise<void> {
    const path = this.path(folder, name);
    const fresh = join(this.#folder, folder, `.${name}.new`);
    const file = await open(fresh, 'w', 0o600);
    try {
      let waiting: string[] = [];
      let length = 0;
      for await (const text of texts) {
        waiting.push(text);
        length += text.length;
        if (length < PIECE_BYTES) continue;
        await file.appendFile(waiting.join(''));
        waiting = [];
        length = 0;
      }
      await file.appendFile(waiting.join(''));
      await file.sync();
      await file.close();
      await rename(fresh, path);
    } catch (error) {
      await file.close().catch(() => undefined);
      await rm(fresh, { force: true });
      throw error;
    }
  }

  async #open(folder: Folder, name: string): Promise<FileHandle> {
    try {
      return await open(this.path(folder, name), 'r');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      throw new Failure('not-found', `there is no file ${name} any more`, { cause: error });
    }
  }
}

/** @throws {Failure} 'malformed' */
export function checkName(name: string): string {
  if (/^[A-Za-z0-9_-][A-Za-z0-9_.-]{0,127}$/.test(name)) return name;
  throw new Failure(
    'malformed',
    `${JSON.stringify(name.slice(0, 80))} is no name for a file: up to 128 letters, digits, _ - and dots, no dot first`,
  );
}

function readFile(row: Row): UploadedFile {
  return {
    name: row.name as string,
    target: row.target as string,
    transaction: row.transaction_name as string,
    size: row.size as number,
    sha256: row.sha256 as string,
    uploadedBy: row.uploaded_by as string,
    uploadedAt: row.uploaded_at as number,
  };
}
