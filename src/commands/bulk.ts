/** Bulk administration: files are uploaded, jobs work on them or write some, and each job leaves a log. */
import { z } from 'zod';
import { Failure } from '#base/failure.ts';
import { type CommandContext, command } from './command.ts';

/** What a server does for these commands; see `src/bulk/bulk.ts`. Instants are epoch milliseconds. */
export interface BulkAdministration {
  transactions(): readonly { name: string; target: string; title: string; help: string; work: { kind: string } }[];
  upload(piece: {
    name: string;
    transaction: string;
    offset: number;
    bytes: Uint8Array;
    isLast: boolean;
    replace: boolean;
    by: string;
  }): Promise<{ size: number; file?: BulkFile }>;
  files(): Promise<readonly BulkFile[]>;
  removeFile(name: string): Promise<void>;
  submit(job: {
    transaction: string;
    file: string;
    options: readonly string[];
    description: string;
    start: 'now' | 'hold' | { at: number };
    sequence: number;
    frequency: Frequency;
    output: string;
    dryRun: boolean;
    by: string;
  }): Promise<BulkJob>;
  /** The newest first, from before an id on; 0: from the newest. */
  jobs(before: number, first: number): Promise<readonly BulkJob[]>;
  job(id: number): Promise<BulkJob>;
  stopJob(id: number, by: string): Promise<BulkJob>;
  resume(id: number): Promise<BulkJob>;
  schedule(id: number, start: 'now' | 'hold' | { at: number }): Promise<BulkJob>;
  remove(id: number): Promise<void>;
  readLog(id: number, form: 'text' | 'json', offset: number): Promise<FilePiece>;
  readOutput(id: number, offset: number): Promise<FilePiece>;
}

interface FilePiece {
  name: string;
  bytes: Buffer;
  size: number;
}

/** The longest piece of an upload, as base64; the control socket takes 1 MiB in all. */
const MAX_PIECE_TEXT = 786_432;

const frequency = z.enum(['once', 'daily', 'weekly', 'monthly']);
type Frequency = z.infer<typeof frequency>;

const file = z.object({
  name: z.string(),
  target: z.string(),
  transaction: z.string(),
  size: z.number().describe('bytes'),
  sha256: z.string(),
  uploadedBy: z.string(),
  uploadedAt: z.number().describe('epoch milliseconds'),
});

const job = z.object({
  id: z.number(),
  transaction: z.string(),
  target: z.string(),
  title: z.string(),
  description: z.string(),
  file: z.string().describe("'' for none"),
  options: z.record(z.string(), z.unknown()),
  dryRun: z.boolean().describe('nothing is written'),
  state: z.string().describe('Pending, Hold, Processing, Completed, InComplete, Stop Requested'),
  result: z.string().describe("of the last run: Success, Failure; '' before its end"),
  reason: z.string().describe("why it ended early; '' where it did not"),
  submittedBy: z.string(),
  submittedAt: z.number().describe('epoch milliseconds'),
  dueAt: z.number(),
  sequence: z.number(),
  frequency,
  startedAt: z.number().describe('of the last run; 0: never'),
  endedAt: z.number(),
  total: z.number().describe('lines of data; 0 until they are counted'),
  done: z.number(),
  failed: z.number(),
  ignored: z.number(),
  figures: z.object({ done: z.number(), failed: z.number(), ignored: z.number(), unprocessed: z.number() }),
  log: z.string(),
  output: z.string(),
  perSecond: z.number().optional().describe('while it runs'),
  endsAt: z.number().optional().describe('while it runs: when it will end at this rate'),
});

export type BulkFile = z.infer<typeof file>;
export type BulkJob = z.infer<typeof job>;

const name = z.string().min(1).max(128).describe('letters, digits, _ - and dots');
const transaction = z.string().min(1).max(64).describe('what is done, as bulk.transactions names it');
const id = z.int().min(1).describe('the number of the job');
const start = z
  .enum(['now', 'hold', 'at'])
  .default('now')
  .describe('hold: when it is scheduled; at: at the time given');
const at = z.iso.datetime({ offset: true }).optional().describe('when it starts, as in 2026-03-01T10:00:00Z');
const offset = z.int().min(0).default(0).describe('bytes that are known already');
const options = z.array(z.string().max(4096)).max(200).default([]).describe('each as name=value');
const piece = z.object({
  name: z.string(),
  bytes: z.string().describe('base64'),
  offset: z.number(),
  size: z.number().describe('of the whole file'),
});
const ofJob = { role: 'operator', changes: true, input: z.strictObject({ id }), output: job } as const;

export const bulkTransactions = command({
  name: 'bulk.transactions',
  help: 'What can be done in bulk, and the files that it takes.',
  role: 'monitor',
  changes: false,
  input: z.strictObject({}),
  output: z.array(
    z.object({
      name: z.string(),
      target: z.string(),
      title: z.string(),
      help: z.string(),
      kind: z.string().describe('file: takes a file; query: selects by options; export: writes a file'),
    }),
  ),
  run: (context) =>
    bulkOf(context)
      .transactions()
      .map(({ name, target, title, help, work: { kind } }) => ({ name, target, title, help, kind })),
});

export const bulkUpload = command({
  name: 'bulk.upload',
  help: 'Takes a piece of a file; pieces come in their order, and the last one makes the file whole.',
  role: 'administrator',
  changes: true,
  input: z.strictObject({
    name,
    transaction,
    offset: z.int().min(0).default(0).describe('where the piece stands in the file; 0 begins anew'),
    piece: z.base64().max(MAX_PIECE_TEXT).describe('bytes of the file, as base64'),
    last: z.boolean().default(false),
    replace: z.boolean().default(false).describe('a file of this name that is there makes room'),
  }),
  output: z.object({ size: z.number().describe('bytes that are here'), file: file.optional() }),
  run: (context, { name, transaction, offset, piece, last, replace }) =>
    bulkOf(context).upload({
      name,
      transaction,
      offset,
      bytes: Buffer.from(piece, 'base64'),
      isLast: last,
      replace,
      by: caller(context),
    }),
});

export const bulkFiles = command({
  name: 'bulk.files',
  help: 'The files that were uploaded.',
  role: 'monitor',
  changes: false,
  input: z.strictObject({}),
  output: z.array(file),
  run: async (context) => [...(await bulkOf(context).files())],
});

export const bulkFileDelete = command({
  name: 'bulk.file-delete',
  help: 'Deletes an uploaded file that no job needs.',
  role: 'administrator',
  changes: true,
  input: z.strictObject({ name }),
  output: z.object({ name: z.string() }),
  async run(context, { name }) {
    await bulkOf(context).removeFile(name);
    return { name };
  },
});

const submission = z.strictObject({
  transaction,
  file: z.string().max(128).default('').describe('an uploaded file, where one is taken'),
  options,
  description: z.string().max(255).default(''),
  start,
  at,
  sequence: z.int().min(0).max(1_000_000).default(0).describe('order among jobs that are due at the same time'),
  frequency: frequency.default('once').describe('exports only'),
  output: z.string().max(128).default('').describe('what an export is to be called'),
});

export const bulkSubmit = command({
  name: 'bulk.submit',
  help: 'Submits a job, to run at once, at a time, or when it is scheduled.',
  role: 'administrator',
  changes: true,
  startsJob: true,
  subject: ({ transaction, file }) => `${transaction} ${file}`.trim(),
  input: submission,
  output: job,
  run: (context, { start, at, ...rest }) =>
    bulkOf(context).submit({ ...rest, start: startOf(start, at), dryRun: false, by: caller(context) }),
});

export const bulkValidate = command({
  name: 'bulk.validate',
  help: 'Goes through a file as a job would, and writes nothing but the log of what would become of each line.',
  role: 'administrator',
  changes: true,
  startsJob: true,
  subject: ({ transaction, file }) => `${transaction} ${file}`.trim(),
  input: submission.pick({ transaction: true, file: true, options: true }),
  output: job,
  run: (context, input) =>
    bulkOf(context).submit({
      ...input,
      description: `Validation of ${input.file || input.transaction}`,
      start: 'now',
      sequence: 0,
      frequency: 'once',
      output: '',
      dryRun: true,
      by: caller(context),
    }),
});

export const bulkJobs = command({
  name: 'bulk.jobs',
  help: 'The jobs, the newest first.',
  role: 'monitor',
  changes: false,
  input: z.strictObject({
    before: z.int().min(0).default(0).describe('the number of a job: those before it; 0: from the newest on'),
    first: z.int().min(1).max(1000).default(100).describe('how many'),
  }),
  output: z.array(job),
  run: async (context, { before, first }) => [...(await bulkOf(context).jobs(before, first))],
});

export const bulkJob = command({
  ...ofJob,
  name: 'bulk.job',
  help: 'A job, and how far it is.',
  role: 'monitor',
  changes: false,
  run: (context, { id }) => bulkOf(context).job(id),
});

export const bulkStop = command({
  ...ofJob,
  name: 'bulk.stop',
  help: 'Stops a job that runs, after the step that is under way.',
  run: (context, { id }) => bulkOf(context).stopJob(id, caller(context)),
});

export const bulkResume = command({
  ...ofJob,
  name: 'bulk.resume',
  help: 'Lets a job that ended early go on behind the last line that it has carried out.',
  startsJob: true,
  run: (context, { id }) => bulkOf(context).resume(id),
});

export const bulkSchedule = command({
  ...ofJob,
  name: 'bulk.schedule',
  help: 'Says when a job that has not begun runs: now, at a time, or not yet.',
  input: z.strictObject({ id, start, at }),
  run: (context, { id, start, at }) => bulkOf(context).schedule(id, startOf(start, at)),
});

export const bulkDelete = command({
  name: 'bulk.delete',
  help: 'Deletes a job that does not run, with its log and what it has written.',
  role: 'administrator',
  changes: true,
  input: z.strictObject({ id }),
  output: z.object({ id: z.number() }),
  async run(context, { id }) {
    await bulkOf(context).remove(id);
    return { id };
  },
});

export const bulkLog = command({
  name: 'bulk.log',
  help: 'A piece of the log of a job: figures, then each line that was not taken, with its reason.',
  role: 'monitor',
  changes: false,
  input: z.strictObject({ id, offset, form: z.enum(['text', 'json']).default('text') }),
  output: piece,
  run: async (context, { id, offset, form }) => given(await bulkOf(context).readLog(id, form, offset), offset),
});

export const bulkDownload = command({
  name: 'bulk.download',
  help: 'A piece of the file that an export has written.',
  role: 'administrator',
  changes: false,
  input: z.strictObject({ id, offset }),
  output: piece,
  run: async (context, { id, offset }) => given(await bulkOf(context).readOutput(id, offset), offset),
});

function given({ name, bytes, size }: FilePiece, offset: number): z.infer<typeof piece> {
  return { name, bytes: bytes.toString('base64'), offset, size };
}

/** @throws {Failure} 'malformed' */
function startOf(start: 'now' | 'hold' | 'at', at: string | undefined): 'now' | 'hold' | { at: number } {
  if ((start === 'at') !== (at !== undefined)) {
    throw new Failure('malformed', 'a time goes with the start "at", and with no other');
  }
  return start === 'at' ? { at: Date.parse(at!) } : start;
}

function caller(context: CommandContext): string {
  return context.caller?.name ?? 'command line';
}

/** @throws {Failure} 'unavailable' */
function bulkOf({ bulk }: CommandContext): BulkAdministration {
  if (bulk !== undefined) return bulk;
  throw new Failure('unavailable', 'bulk jobs run in the server, and it does not run: start it with "rollcall start"');
}
