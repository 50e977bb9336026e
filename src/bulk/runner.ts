import { Failure } from '#base/failure.ts';
import { type Job, nextDueAt, stateAfter } from './job.ts';
import { type Ending, JobRun, type Progress, type RunOptions } from './job-run.ts';
import { jsonName, jsonReport, reportName, textReport } from './report.ts';
import type { Transaction } from './transaction.ts';

/** How long a store that fails is given before it is asked again to take a job's end. */
const RETRY_MS = 1000;
/** Timers are set anew at least this often, so that a clock that was put right is seen. */
const LONGEST_WAIT_MS = 60_000;

/** Runs the jobs that are due, one at a time, in the order of their time and their sequence. */
export class Runner {
  readonly #options: RunOptions;
  readonly #transactions: ReadonlyMap<string, Transaction>;
  #current: JobRun | undefined;
  /** Why jobs are to stop that have not quite begun. */
  readonly #toStop = new Map<number, string>();
  #working: Promise<void> | undefined;
  #isStopping = false;
  #wakeAgain = false;
  #cancelTimer: (() => void) | undefined;
  #endWait: (() => void) | undefined;

  constructor(options: RunOptions, transactions: ReadonlyMap<string, Transaction>) {
    this.#options = options;
    this.#transactions = transactions;
  }

  /** What ran when the server ended is not begun again by itself. */
  async start(): Promise<void> {
    const { store, clock, log } = this.#options;
    for (const job of await store.inStates('Processing', 'Stop Requested')) {
      const reason = 'the server ended while the job ran; resume it, and it goes on where it was';
      const state = stateAfter(job, 'break');
      await store.end({ ...job, state, result: 'Failure', reason, endedAt: clock.now() });
      await this.#report(job.id);
      log.warn({ job: job.id }, 'a bulk job had not ended when the server did; it is not begun again by itself');
    }
    this.wake();
  }

  /** Looks whether a job is due. */
  wake(): void {
    if (this.#isStopping) return;
    this.#wakeAgain = true;
    this.#working ??= this.#work().finally(() => {
      this.#working = undefined;
      if (this.#wakeAgain) this.wake();
    });
  }

  /** How far a job is; undefined for one that does not run. */
  progress(id: number): Progress | undefined {
    return this.#current?.job.id === id ? this.#current.progress : undefined;
  }

  /** Ends the job that runs after the step that is under way. */
  stopJob(id: number, reason: string): void {
    this.#toStop.set(id, reason);
    if (this.#current?.job.id === id) this.#current.stop(reason);
  }

  /** The server stops: so does the job, and says so. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    this.#cancelTimer?.();
    this.#endWait?.();
    this.#current?.stop('the server was stopped; resume the job, and it goes on where it was');
    await this.#working;
  }

  async #work(): Promise<void> {
    const { store, clock, log } = this.#options;
    while (!this.#isStopping) {
      this.#wakeAgain = false;
      try {
        const job = await store.next(clock.now());
        if (job === undefined) {
          await this.#plan();
          if (!this.#wakeAgain) return;
        } else await this.#run(job);
      } catch (err) {
        log.error({ err }, 'the next bulk job could not be found');
        this.#lookAgainAfter(RETRY_MS);
        return;
      }
    }
  }

  async #plan(): Promise<void> {
    const dueAt = await this.#options.store.nextDueAt();
    if (dueAt !== undefined) this.#lookAgainAfter(Math.max(0, dueAt - this.#options.clock.now()));
  }

  #lookAgainAfter(ms: number): void {
    this.#cancelTimer?.();
    this.#cancelTimer = this.#options.clock.after(Math.min(ms, LONGEST_WAIT_MS), () => this.wake());
  }

  async #run(job: Job): Promise<void> {
    const { store, clock, log } = this.#options;
    const transaction = this.#transactions.get(job.transaction);
    if (!(await store.begin(job, clock.now()))) return;
    let ending: Ending;
    try {
      if (transaction === undefined) throw new Failure('not-found', `this release knows no jobs ${job.transaction}`);
      this.#current = new JobRun(job, transaction, this.#options);
      const toStop = this.#isStopping ? 'the server was stopped; resume the job' : this.#toStop.get(job.id);
      if (toStop !== undefined) this.#current.stop(toStop);
      log.info({ job: job.id, transaction: job.transaction }, 'a bulk job begins');
      ending = await this.#current.carryOut();
    } catch (err) {
      log.error({ err, job: job.id }, 'a bulk job failed');
      const reason = err instanceof Failure ? err.message : 'an error of the server; its log says more';
      ending = { reason, isClean: false, total: this.#current?.progress.total ?? job.total, output: '' };
    }
    await this.#end(job, ending);
    this.#toStop.delete(job.id);
    this.#current = undefined;
  }

  /** Tried until the store takes it: a job must not look as if it ran when it does not. */
  async #end(job: Job, { reason, isClean, total, output }: Ending): Promise<void> {
    const { store, clock, log } = this.#options;
    const isComplete = reason === '';
    const state = isComplete ? 'Completed' : 'InComplete';
    for (;;) {
      try {
        const failed = (await store.get(job.id))?.failed ?? 0;
        const result = isComplete && failed === 0 ? 'Success' : 'Failure';
        await store.end({ id: job.id, state, result, reason, endedAt: clock.now(), clean: isClean, total, output });
        if (isComplete) await this.#submitNext(job);
        break;
      } catch (err) {
        log.warn({ err, job: job.id }, 'the end of a bulk job could not be written; it is tried again');
        if (this.#isStopping) return;
        await this.#wait();
      }
    }
    await this.#report(job.id);
    log.info({ job: job.id, state }, 'a bulk job has ended');
  }

  #wait(): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.#options.clock.after(RETRY_MS, resolve);
      this.#endWait = () => {
        cancel();
        resolve();
      };
    });
  }

  /** What runs more than once is another job each time, with its own log. */
  async #submitNext(job: Job): Promise<void> {
    const { store, clock } = this.#options;
    let dueAt = nextDueAt(job.frequency, job.dueAt);
    // Times that passed while no server ran are left out.
    while (dueAt !== undefined && dueAt <= clock.now()) dueAt = nextDueAt(job.frequency, dueAt);
    if (dueAt !== undefined) await store.add({ ...job, state: 'Pending', submittedAt: clock.now(), dueAt });
  }

  /** A log that cannot be written is missed, and nothing else. */
  async #report(id: number): Promise<void> {
    const { store, files, log } = this.#options;
    try {
      const job = await store.get(id);
      const transaction = job && this.#transactions.get(job.transaction);
      if (transaction === undefined) return;
      const name = reportName(job!, transaction);
      await files.write('logs', name, textReport(job!, transaction, store.lines(id)));
      await files.write('logs', jsonName(name), jsonReport(job!, transaction, store.lines(id)));
      await store.setLog(id, name);
      if (job!.log !== '' && job!.log !== name) {
        for (const old of [job!.log, jsonName(job!.log)]) await files.removeWritten('logs', old);
      }
    } catch (err) {
      log.error({ err, job: id }, 'the log of a bulk job could not be written');
    }
  }
}
