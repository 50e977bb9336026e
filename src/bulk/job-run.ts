import { createHash } from 'node:crypto';
import { setImmediate as turn } from 'node:timers/promises';
import type { Clock } from '#base/clock.ts';
import { Failure } from '#base/failure.ts';
import type { Log } from '#base/log.ts';
import { csvRow } from './csv-writer.ts';
import type { BulkFiles, Folder } from './files.ts';
import type { Job } from './job.ts';
import type { JobStore, LineNote } from './job-store.ts';
import { inLanes } from './lanes.ts';
import { type DataRow, dataRows } from './rows.ts';
import { type BulkSettings, MAX_RECORDS_PER_STEP } from './settings.ts';
import type { BulkWorld, RowWork, Run, Transaction } from './transaction.ts';

export interface RunOptions {
  readonly store: JobStore;
  readonly files: BulkFiles;
  readonly world: BulkWorld;
  readonly clock: Clock;
  readonly log: Log;
  readonly settings: BulkSettings;
}

/** How a run has ended: '' with all lines carried out, else why not. */
export interface Ending {
  readonly reason: string;
  /** Whether nothing was begun that is not written down. */
  readonly isClean: boolean;
  readonly total: number;
  readonly output: string;
}

/** How far a run is. */
export interface Progress {
  readonly total: number;
  readonly done: number;
  readonly failed: number;
  readonly ignored: number;
  /** Lines in a second, since this run began. */
  readonly perSecond: number;
  /** When it will end if it goes on like this, epoch milliseconds; undefined while that cannot be told. */
  readonly endsAt: number | undefined;
}

/** Thrown inside a run that is to end before all is done. */
class EndedEarly extends Error {}

/** One run of a job, from where the last one has come. */
export class JobRun {
  readonly job: Job;
  readonly #transaction: Transaction;
  readonly #options: RunOptions;
  readonly #run: Run;
  readonly #beganAt: number;
  readonly #from: number;
  #total: number;
  #done: number;
  #failed: number;
  #ignored: number;
  #isClean: boolean;
  #stopReason = '';
  #endPause: (() => void) | undefined;

  constructor(job: Job, transaction: Transaction, options: RunOptions) {
    this.job = job;
    this.#transaction = transaction;
    this.#options = options;
    this.#run = { world: options.world, isDryRun: job.dryRun, options: job.options };
    this.#beganAt = options.clock.now();
    // What is exported is written anew.
    const isAnew = transaction.work.kind === 'export';
    this.#from = isAnew ? 0 : job.done;
    this.#total = isAnew ? 0 : job.total;
    this.#done = this.#from;
    this.#isClean = isAnew || job.clean;
    this.#failed = isAnew ? 0 : job.failed;
    this.#ignored = isAnew ? 0 : job.ignored;
  }

  get progress(): Progress {
    const now = this.#options.clock.now();
    const perSecond = ((this.#done - this.#from) * 1000) / Math.max(1, now - this.#beganAt);
    const left = this.#total - this.#done;
    const endsAt = perSecond > 0 && left >= 0 && this.#total > 0 ? now + (left * 1000) / perSecond : undefined;
    const [total, done, failed, ignored] = [this.#total, this.#done, this.#failed, this.#ignored];
    return { total, done, failed, ignored, perSecond, endsAt: endsAt && Math.round(endsAt) };
  }

  /** Ends it after the step that is under way. @param reason why, for the log */
  stop(reason: string): void {
    this.#stopReason ||= reason;
    this.#endPause?.();
  }

  /** Carries it out. @throws nothing but mistakes of this program and a store that fails */
  async carryOut(): Promise<Ending> {
    let output = '';
    let reason = '';
    try {
      const { work } = this.#transaction;
      if (work.kind === 'export') output = await this.#export(work.rows(this.#run));
      else if (work.kind === 'file') await this.#workOn(work.begin(this.#run), 'files', this.job.file, this.job.sha256);
      else {
        await this.#select(work.select(this.#run));
        await this.#workOn(work.begin(this.#run), 'work', this.#workFile, '');
      }
    } catch (error) {
      const isExpected = error instanceof EndedEarly || (error instanceof Failure && error.kind !== 'store-failing');
      if (!isExpected) throw error;
      reason = error.message;
    }
    return { reason, isClean: this.#isClean, total: this.#total, output };
  }

  get #workFile(): string {
    return `job-${this.job.id}.csv`;
  }

  /** Whom a query is about is settled once, and stays so when the job is resumed. */
  async #select(rows: AsyncIterable<readonly string[]>): Promise<void> {
    const { files } = this.#options;
    if (await files.exists('work', this.#workFile)) return;
    if (this.job.done > 0) throw new EndedEarly('what the query had selected is gone; submit the job anew');
    await files.write('work', this.#workFile, this.#untilStopped(rows));
  }

  async #workOn(work: RowWork, folder: Folder, file: string, sha256: string): Promise<void> {
    const { store, settings } = this.#options;
    this.#total = await this.#count(work, folder, file, sha256);
    await store.counted(this.job.id, this.#total);
    // Behind a run that was killed, rows may be done that nobody has written down.
    const repeatedTo = this.job.clean ? 0 : this.#done + MAX_RECORDS_PER_STEP;
    let step: DataRow[] = [];
    for await (const row of this.#rows(work, folder, file)) {
      if (row.row <= this.#done) continue;
      step.push(row);
      if (step.length < settings.recordsPerStep) continue;
      await this.#step(work, step, repeatedTo);
      step = [];
    }
    if (step.length > 0) await this.#step(work, step, repeatedTo);
  }

  /** Reads the file once before anything is done: how many lines it has, whether its header and its bytes are right. */
  async #count(work: RowWork, folder: Folder, file: string, sha256: string): Promise<number> {
    const hash = createHash('sha256');
    const pieces = this.#options.files.read(folder, file);
    async function* hashed(): AsyncGenerator<Uint8Array> {
      for await (const piece of pieces) {
        hash.update(piece);
        yield piece;
      }
    }
    let count = 0;
    for await (const { row } of this.#read(hashed(), work)) {
      count = row;
      if (row % 1000 === 0) this.#checkStop();
    }
    if (sha256 !== '' && hash.digest('hex') !== sha256) {
      throw new EndedEarly(`the file ${file} is another one than when the job was submitted; submit it anew`);
    }
    return count;
  }

  #rows(work: RowWork, folder: Folder, file: string): AsyncGenerator<DataRow> {
    return this.#read(this.#options.files.read(folder, file), work);
  }

  #read(pieces: AsyncIterable<Uint8Array>, work: RowWork): AsyncGenerator<DataRow> {
    const limits = { maxRows: this.#options.settings.maxLines };
    return dataRows(pieces, work, limits, (reason) => new EndedEarly(reason));
  }

  async #step(work: RowWork, rows: readonly DataRow[], repeatedTo: number): Promise<void> {
    this.#checkStop();
    const { settings, store, clock } = this.#options;
    const beganAt = clock.now();
    const notes: LineNote[] = [];
    this.#isClean = false;
    await inLanes(
      rows,
      ({ cells }) => (cells === undefined ? '' : work.lane(cells)),
      settings.concurrentWrites,
      async (row) => {
        const note = await this.#row(work, row, row.row <= repeatedTo);
        if (note !== undefined) notes.push(note);
      },
    );
    const failed = notes.filter(({ kind }) => kind === 'error').length;
    const next = {
      id: this.job.id,
      done: rows.at(-1)!.row,
      failed: this.#failed + failed,
      ignored: this.#ignored + notes.length - failed,
    };
    await store.checkpoint(next, notes);
    ({ done: this.#done, failed: this.#failed, ignored: this.#ignored } = next);
    // Rows that may have been done before the kill are doubtful until they are behind us.
    this.#isClean = this.#done >= repeatedTo;
    if (settings.linesPerSecond > 0) {
      await this.#pause((rows.length * 1000) / settings.linesPerSecond - (clock.now() - beganAt));
    } else await turn();
  }

  /** @throws {Failure} 'store-failing' */
  async #row(work: RowWork, row: DataRow, isRepeated: boolean): Promise<LineNote | undefined> {
    const about = { row: row.row, line: row.line };
    if (row.cells === undefined) {
      return { ...about, kind: 'ignored', subject: '', other: '', reason: `Invalid format: ${row.malformed}` };
    }
    try {
      const outcome = await work.row(row.cells, isRepeated);
      if (outcome === undefined) return undefined;
      return { ...about, kind: 'ignored', subject: outcome.user, other: outcome.other, reason: outcome.reason };
    } catch (err) {
      if (err instanceof Failure && err.kind === 'store-failing') throw err;
      this.#options.log.error({ err, job: this.job.id, line: row.line }, 'a line of a bulk job failed');
      const reason = err instanceof Failure ? err.message : 'see the log of the server';
      return { ...about, kind: 'error', subject: row.cells[0]?.slice(0, 300) ?? '', other: '', reason };
    }
  }

  async #export(rows: AsyncIterable<readonly string[]>): Promise<string> {
    const { store, files, settings } = this.#options;
    const output = this.job.output || `${this.#transaction.name}_${this.job.id}.csv`;
    const { id } = this.job;
    const count = async function* (this: JobRun): AsyncGenerator<string> {
      let isHeader = true;
      for await (const text of this.#untilStopped(rows)) {
        yield text;
        if (!isHeader) this.#done++;
        isHeader = false;
        if (this.#done % settings.recordsPerStep === 0)
          await store.checkpoint({ id, done: this.#done, failed: 0, ignored: 0 }, []);
      }
    };
    await files.write('exports', output, count.call(this));
    this.#total = this.#done;
    await store.checkpoint({ id, done: this.#done, failed: 0, ignored: 0 }, []);
    return output;
  }

  async *#untilStopped(rows: AsyncIterable<readonly string[]>): AsyncGenerator<string> {
    let count = 0;
    for await (const cells of rows) {
      yield csvRow(cells);
      if (++count % 100 !== 0) continue;
      this.#checkStop();
      await turn();
    }
  }

  #checkStop(): void {
    if (this.#stopReason !== '') throw new EndedEarly(this.#stopReason);
  }

  #pause(ms: number): Promise<void> {
    if (ms <= 0 || this.#stopReason !== '') return turn();
    return new Promise((resolve) => {
      const cancel = this.#options.clock.after(ms, resolve);
      this.#endPause = () => {
        cancel();
        resolve();
      };
    });
  }
}
