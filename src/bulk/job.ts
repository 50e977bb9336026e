/** What a job is, and which states follow each other. Pure. */
import { Failure } from '#base/failure.ts';

export const JOB_STATES = ['Pending', 'Hold', 'Processing', 'Completed', 'InComplete', 'Stop Requested'] as const;
export type JobState = (typeof JOB_STATES)[number];

export const FREQUENCIES = ['once', 'daily', 'weekly', 'monthly'] as const;
export type Frequency = (typeof FREQUENCIES)[number];

export interface Job {
  /** Rising. */
  readonly id: number;
  /** A transaction's name, as it is typed. */
  readonly transaction: string;
  readonly description: string;
  /** An uploaded file's name; '' where it has none. */
  readonly file: string;
  readonly options: Readonly<Record<string, unknown>>;
  /** Nothing is written. */
  readonly dryRun: boolean;
  readonly state: JobState;
  /** Of the last run; '' before its end. */
  readonly result: '' | 'Success' | 'Failure';
  /** Why it ended early; '' where it did not. */
  readonly reason: string;
  readonly submittedBy: string;
  /** Epoch milliseconds, as all that ends in At; 0: never. */
  readonly submittedAt: number;
  readonly dueAt: number;
  /** Order among jobs that are due at the same time. */
  readonly sequence: number;
  readonly frequency: Frequency;
  readonly startedAt: number;
  readonly endedAt: number;
  /** Lines of data; 0 until they are counted. */
  readonly total: number;
  /** The last line, of those of data, that is surely carried out. */
  readonly done: number;
  readonly failed: number;
  readonly ignored: number;
  /** Whether nothing behind `done` was begun. */
  readonly clean: boolean;
  /** Of the file, when the job was submitted. */
  readonly sha256: string;
  /** Names of files; '' for none. */
  readonly log: string;
  readonly output: string;
}

export type JobEvent = 'schedule' | 'hold' | 'begin' | 'stop' | 'resume' | 'complete' | 'break';

const FOLLOWS: Readonly<Record<JobEvent, Partial<Record<JobState, JobState>>>> = {
  schedule: { Hold: 'Pending', Pending: 'Pending' },
  hold: { Pending: 'Hold', Hold: 'Hold' },
  begin: { Pending: 'Processing' },
  stop: { Processing: 'Stop Requested', 'Stop Requested': 'Stop Requested' },
  resume: { InComplete: 'Pending' },
  complete: { Processing: 'Completed', 'Stop Requested': 'Completed' },
  break: { Processing: 'InComplete', 'Stop Requested': 'InComplete' },
};

const INSTEAD: Readonly<Record<JobState, string>> = {
  Pending: 'hold or delete it',
  Hold: 'schedule or delete it',
  Processing: 'stop it first',
  'Stop Requested': 'wait until it has stopped',
  Completed: 'submit it anew',
  InComplete: 'resume or delete it',
};

/** The state after an event. @throws {Failure} 'conflict' when that cannot happen to it now, with what can */
export function stateAfter(job: Pick<Job, 'id' | 'state'>, event: JobEvent): JobState {
  const next = FOLLOWS[event][job.state];
  if (next !== undefined) return next;
  throw new Failure('conflict', `job ${job.id} is ${job.state}, and cannot ${event} now: ${INSTEAD[job.state]}`);
}

/** Whether it may be deleted: not while it works. */
export function checkDeletable(job: Job): void {
  if (job.state !== 'Processing' && job.state !== 'Stop Requested') return;
  throw new Failure('conflict', `job ${job.id} is ${job.state}: stop it, and delete it when it has stopped`);
}

/** When a job of this frequency is due again; months are those of UTC. @returns undefined for one that runs once */
export function nextDueAt(frequency: Frequency, dueAt: number): number | undefined {
  const date = new Date(dueAt);
  if (frequency === 'once') return undefined;
  if (frequency === 'monthly') {
    const day = date.getUTCDate();
    date.setUTCMonth(date.getUTCMonth() + 1);
    // A month without such a day: its last one.
    if (date.getUTCDate() !== day) date.setUTCDate(0);
  } else date.setUTCDate(date.getUTCDate() + (frequency === 'daily' ? 1 : 7));
  return date.getTime();
}
