import { join } from 'node:path';
import type { Clock } from '#base/clock.ts';
import { Failure } from '#base/failure.ts';
import type { Log } from '#base/log.ts';
import { allTransactions } from './all.ts';
import { BulkFiles, checkName, type Piece, type UploadedFile } from './files.ts';
import { checkDeletable, type Frequency, type Job, type JobEvent, stateAfter } from './job.ts';
import { JobStore } from './job-store.ts';
import { type Figures, figuresOf, jsonName } from './report.ts';
import { Runner } from './runner.ts';
import type { BulkSettings } from './settings.ts';
import type { BulkWorld, Transaction } from './transaction.ts';

const DAY_MS = 86_400_000;
/** The longest piece that is given of a log or an export. */
const PIECE_BYTES = 262_144;

export interface BulkOptions {
  readonly world: BulkWorld;
  readonly clock: Clock;
  readonly log: Log;
  readonly settings: BulkSettings;
  /** Path of the data folder. */
  readonly data: string;
  /** Whether jobs are done here: on the publisher, and nowhere else. */
  readonly isPublisher: boolean;
}

/** When a job begins: at once, at an instant (epoch milliseconds), or once it is scheduled. */
export type Start = 'now' | 'hold' | { readonly at: number };

export interface Submission {
  readonly transaction: string;
  /** '' where the transaction takes none. */
  readonly file: string;
  /** Each as 'name=value'. */
  readonly options: readonly string[];
  readonly description: string;
  readonly start: Start;
  readonly sequence: number;
  readonly frequency: Frequency;
  /** What an export is to be called; '' for a name of the server's. */
  readonly output: string;
  /** Everything is looked at, nothing is written. */
  readonly dryRun: boolean;
  readonly by: string;
}

/** A job as it is shown. */
export interface JobView extends Omit<Job, 'sha256' | 'clean'> {
  readonly target: string;
  readonly title: string;
  readonly figures: Figures;
  /** While it runs: lines in a second, and when it will end at that rate. */
  readonly perSecond?: number;
  readonly endsAt?: number;
}

/** Bulk administration: files, jobs over them, and what became of these. */
export class Bulk {
  readonly #options: BulkOptions;
  readonly #transactions = new Map(allTransactions.map((one) => [one.name, one]));
  readonly #store: JobStore;
  readonly #files: BulkFiles;
  readonly #runner: Runner;
  #stopTidying: (() => void) | undefined;
  #tidying: Promise<void> = Promise.resolve();

  constructor(options: BulkOptions) {
    const { world, clock, settings, data, log } = options;
    this.#options = options;
    this.#store = new JobStore(world.database);
    this.#files = new BulkFiles(join(data, 'bulk'), world.database, clock, settings);
    this.#runner = new Runner(
      { store: this.#store, files: this.#files, world, clock, log, settings },
      this.#transactions,
    );
  }

  async start(): Promise<void> {
    if (!this.#options.isPublisher) return;
    await this.#runner.start();
    const tidy = (): void => {
      this.#tidying = this.tidy().then(
        () => undefined,
        (err: unknown) => this.#options.log.error({ err }, 'old bulk jobs could not be removed'),
      );
    };
    tidy();
    this.#stopTidying = this.#options.clock.every(DAY_MS, tidy);
  }

  async stop(): Promise<void> {
    this.#stopTidying?.();
    await this.#runner.stop();
    await this.#tidying;
  }

  transactions(): readonly Transaction[] {
    return [...this.#transactions.values()];
  }

  /** @throws {Failure} 'not-acceptable', 'not-found', 'malformed', 'conflict', 'over-limit' */
  async upload(
    piece: Omit<Piece, 'transaction'> & { transaction: string },
  ): Promise<{ size: number; file?: UploadedFile }> {
    this.#checkPublisher();
    const transaction = this.#transaction(piece.transaction);
    if (transaction.work.kind !== 'file') {
      throw new Failure('not-acceptable', `${transaction.name} takes no file`);
    }
    return this.#files.upload({ ...piece, transaction }, (name) => this.#store.isUsed(name));
  }

  files(): Promise<readonly UploadedFile[]> {
    return this.#files.list();
  }

  /** @throws {Failure} 'not-found'; 'conflict' when a job needs it */
  async removeFile(name: string): Promise<void> {
    if (await this.#store.isUsed(checkName(name))) {
      throw new Failure('conflict', `a job needs the file ${name}; delete the job first`);
    }
    await this.#files.remove(name);
  }

  /** @throws {Failure} 'not-found', 'malformed', 'not-acceptable' */
  async submit(submission: Submission): Promise<JobView> {
    this.#checkPublisher();
    const { start, output, by, ...rest } = submission;
    const transaction = this.#transaction(submission.transaction);
    const isExport = transaction.work.kind === 'export';
    if (!isExport && (submission.frequency !== 'once' || output !== '')) {
      throw new Failure('not-acceptable', 'only exports run more than once, and have a name for what they write');
    }
    if (isExport && submission.dryRun) throw new Failure('not-acceptable', 'an export changes nothing; submit it');
    if (output !== '') checkName(output);
    const now = this.#options.clock.now();
    const id = await this.#store.add({
      ...rest,
      description: submission.description || transaction.title,
      options: transaction.checkOptions(submission.options),
      sha256: await this.#checkFile(transaction, submission.file),
      output,
      state: start === 'hold' ? 'Hold' : 'Pending',
      submittedBy: by,
      submittedAt: now,
      dueAt: typeof start === 'object' ? start.at : now,
    });
    this.#runner.wake();
    return this.job(id);
  }

  /** @returns what the file's bytes come to */
  async #checkFile(transaction: Transaction, name: string): Promise<string> {
    if (transaction.work.kind !== 'file') {
      if (name !== '') throw new Failure('not-acceptable', `${transaction.name} takes no file`);
      return '';
    }
    if (name === '') throw new Failure('malformed', `${transaction.name} needs a file; upload one and name it`);
    const file = await this.#files.find(name);
    if (file === undefined) throw new Failure('not-found', `there is no file ${name}; upload it first`);
    if (file.transaction === transaction.name) return file.sha256;
    throw new Failure(
      'not-acceptable',
      `the file ${name} was uploaded for ${file.transaction}, not ${transaction.name}`,
    );
  }

  /** The newest first. @param before an id; 0: from the newest on */
  async jobs(before: number, first: number): Promise<JobView[]> {
    return (await this.#store.list(before, first)).map((job) => this.#view(job));
  }

  /** @throws {Failure} 'not-found' */
  async job(id: number): Promise<JobView> {
    return this.#view(await this.#get(id));
  }

  /** Ends a job that runs, after the step that is under way. @throws {Failure} 'not-found', 'conflict' */
  async stopJob(id: number, by: string): Promise<JobView> {
    await this.#move(id, 'stop');
    this.#runner.stopJob(id, `stopped by ${by}`);
    return this.job(id);
  }

  /** Goes on behind the last line that was carried out. @throws {Failure} 'not-found', 'conflict' */
  async resume(id: number): Promise<JobView> {
    await this.#move(id, 'resume', this.#options.clock.now());
    this.#runner.wake();
    return this.job(id);
  }

  /** @throws {Failure} 'not-found', 'conflict' */
  async schedule(id: number, start: Start): Promise<JobView> {
    if (start === 'hold') await this.#move(id, 'hold');
    else await this.#move(id, 'schedule', start === 'now' ? this.#options.clock.now() : start.at);
    this.#runner.wake();
    return this.job(id);
  }

  /** A job with its log and what it has written. @throws {Failure} 'not-found', 'conflict' */
  async remove(id: number): Promise<void> {
    const job = await this.#get(id);
    checkDeletable(job);
    await this.#remove(job);
  }

  /**
   * A piece of a job's log.
   * @throws {Failure} 'not-found'
   */
  async readLog(
    id: number,
    form: 'text' | 'json',
    offset: number,
  ): Promise<{ name: string; bytes: Buffer; size: number }> {
    const { log } = await this.#get(id);
    if (log === '') throw new Failure('not-found', `job ${id} has no log yet; it is written when the job ends`);
    const name = form === 'text' ? log : jsonName(log);
    return { name, ...(await this.#files.readPiece('logs', name, offset, PIECE_BYTES)) };
  }

  /** A piece of what an export has written. @throws {Failure} 'not-found' */
  async readOutput(id: number, offset: number): Promise<{ name: string; bytes: Buffer; size: number }> {
    const { output, state } = await this.#get(id);
    if (output === '' || state !== 'Completed') throw new Failure('not-found', `job ${id} has written no file`);
    return { name: output, ...(await this.#files.readPiece('exports', output, offset, PIECE_BYTES)) };
  }

  /** Removes ended jobs, and files that no job needs, that are older than is kept. */
  async tidy(): Promise<void> {
    const before = this.#options.clock.now() - this.#options.settings.keepDays * DAY_MS;
    for (const job of await this.#store.endedBefore(before)) await this.#remove(job);
    for (const { name, uploadedAt } of await this.#files.list()) {
      if (uploadedAt < before && !(await this.#store.isUsed(name))) await this.#files.remove(name);
    }
  }

  async #remove(job: Job): Promise<void> {
    await this.#store.remove(job.id);
    if (job.log !== '') for (const name of [job.log, jsonName(job.log)]) await this.#files.removeWritten('logs', name);
    if (job.state === 'Completed') await this.#files.removeWritten('exports', job.output);
    await this.#files.removeWritten('work', `job-${job.id}.csv`);
  }

  async #move(id: number, event: JobEvent, dueAt?: number): Promise<void> {
    const job = await this.#get(id);
    if (await this.#store.move(job, stateAfter(job, event), dueAt)) return;
    throw new Failure('conflict', `job ${id} has just changed; look at it, and try again`);
  }

  async #get(id: number): Promise<Job> {
    const job = await this.#store.get(id);
    if (job === undefined) throw new Failure('not-found', `there is no job ${id}`);
    return job;
  }

  #checkPublisher(): void {
    if (this.#options.isPublisher) return;
    throw new Failure('not-acceptable', 'bulk administration is done on the publisher; go there');
  }

  #transaction(name: string): Transaction {
    const found = this.#transactions.get(name);
    if (found !== undefined) return found;
    throw new Failure('not-found', `there are no jobs ${name}; there are ${[...this.#transactions.keys()].join(', ')}`);
  }

  #view({ sha256: _, clean: __, ...job }: Job): JobView {
    const transaction = this.#transactions.get(job.transaction);
    const live = this.#runner.progress(job.id);
    const { perSecond, endsAt, ...counts } = live ?? {};
    const now = { ...job, ...counts };
    return {
      ...now,
      target: transaction?.target ?? '',
      title: transaction?.title ?? job.transaction,
      figures: figuresOf({ ...now, sha256: '', clean: true }),
      ...(perSecond !== undefined && { perSecond }),
      ...(endsAt !== undefined && { endsAt }),
    };
  }
}
