/** The words of bulk administration: what can be done, files, and jobs. */
import { createWriteStream } from 'node:fs';
import { finished } from 'node:stream/promises';
import { Command, InvalidArgumentError, Option } from 'commander';
import {
  type BulkJob,
  bulkDelete,
  bulkDownload,
  bulkFileDelete,
  bulkFiles,
  bulkJob,
  bulkJobs,
  bulkLog,
  bulkResume,
  bulkSchedule,
  bulkStop,
  bulkSubmit,
  bulkTransactions,
  bulkValidate,
} from '#commands/bulk.ts';
import { upload } from './bulk-upload.ts';
import { progressLine, watchJob } from './bulk-watch.ts';
import { type CommonOptions, EXIT, print, table } from './cli.ts';
import { runCommand } from './run-command.ts';

interface SubmitOptions extends CommonOptions {
  option: string[];
  description: string;
  hold?: boolean;
  at?: string;
  sequence: number;
  every: 'once' | 'daily' | 'weekly' | 'monthly';
  output: string;
  wait?: boolean;
  replace?: boolean;
}

const collect = (value: string, before: string[]) => [...before, value];

export const bulkCommands: readonly (() => Command)[] = [
  () =>
    new Command('transactions')
      .description('list what can be done, and the files that it takes')
      .action(async (options: CommonOptions) => {
        const all = await runCommand(options.data, bulkTransactions, {});
        print(options, all, () => table(all.map(({ name, kind, help }) => [name, kind, help])));
      }),
  () =>
    new Command('upload')
      .description('upload a file for a transaction')
      .argument('<transaction>', 'as "rollcall bulk transactions" lists them')
      .argument('<path>')
      .option('--replace', 'a file of this name that is there makes room')
      .action(async (transaction: string, path: string, options: CommonOptions & { replace?: boolean }) => {
        const file = await upload(options.data, path, transaction, options.replace ?? false);
        print(options, file, () => `${file.name} is here: ${file.size} bytes, for ${file.transaction}.`);
      }),
  () =>
    new Command('files').description('list the uploaded files').action(async (options: CommonOptions) => {
      const files = await runCommand(options.data, bulkFiles, {});
      print(options, files, () => {
        if (files.length === 0) return 'There are no files.';
        return table(files.map((file) => [file.name, file.transaction, `${file.size}`, time(file.uploadedAt)]));
      });
    }),
  () =>
    new Command('file-delete')
      .description('delete an uploaded file that no job needs')
      .argument('<name>')
      .action(async (name: string, options: CommonOptions) => {
        print(options, await runCommand(options.data, bulkFileDelete, { name }), () => `${name} is deleted.`);
      }),
  () =>
    submitting('submit', 'submit a job over an uploaded file, or one that takes none')
      .argument('[file]', 'the name of an uploaded file')
      .action((transaction: string, file: string | undefined, options: SubmitOptions) =>
        submit(transaction, file ?? '', options),
      ),
  () =>
    submitting('run', 'upload a file and submit a job over it')
      .argument('<path>', 'of the file')
      .option('--replace', 'a file of this name that is there makes room')
      .action(async (transaction: string, path: string, options: SubmitOptions) => {
        const { name } = await upload(options.data, path, transaction, options.replace ?? false);
        await submit(transaction, name, options);
      }),
  () =>
    new Command('validate')
      .description('go through an uploaded file as a job would, and write nothing but a log')
      .argument('<transaction>')
      .argument('[file]', 'the name of an uploaded file')
      .option('--option <name=value>', 'what the transaction is to know; may be given again', collect, [])
      .action(async (transaction: string, file: string | undefined, options: SubmitOptions) => {
        const input = { transaction, file: file ?? '', options: options.option };
        const { id } = await runCommand(options.data, bulkValidate, input);
        showEnded(options, await watchJob(options.data, id));
      }),
  () =>
    new Command('jobs').description('list the jobs, the newest first').action(async (options: CommonOptions) => {
      const jobs = await runCommand(options.data, bulkJobs, {});
      print(options, jobs, () => {
        if (jobs.length === 0) return 'There are no jobs.';
        return table(jobs.map((job) => [`${job.id}`, job.state, job.result, time(job.dueAt), job.description]));
      });
    }),
  () =>
    new Command('job')
      .description('show a job, and how far it is')
      .argument('<id>', 'its number', readId)
      .option('--wait', 'until it has ended')
      .action(async (id: number, options: SubmitOptions) => {
        const job = options.wait ? await watchJob(options.data, id) : await runCommand(options.data, bulkJob, { id });
        print(options, job, () => describe(job));
      }),
  () => onJob('stop', 'stop a job that runs, after the step that is under way', bulkStop),
  () => onJob('resume', 'let a job that ended early go on where it was', bulkResume),
  () =>
    new Command('schedule')
      .description('say when a job that has not begun runs; without an option, now')
      .argument('<id>', 'its number', readId)
      .addOption(new Option('--at <time>', 'as in 2026-03-01T10:00:00Z').conflicts('hold'))
      .option('--hold', 'not before it is scheduled again')
      .action(async (id: number, options: SubmitOptions) => {
        const job = await runCommand(options.data, bulkSchedule, { id, ...startOf(options) });
        print(options, job, () => describe(job));
      }),
  () =>
    new Command('delete')
      .description('delete a job that does not run, with its log and what it has written')
      .argument('<id>', 'its number', readId)
      .action(async (id: number, options: CommonOptions) => {
        print(options, await runCommand(options.data, bulkDelete, { id }), () => `Job ${id} is deleted.`);
      }),
  () =>
    new Command('log')
      .description('print the log of a job; with --json, as JSON')
      .argument('<id>', 'its number', readId)
      .action(async (id: number, options: CommonOptions) => {
        const form = options.json ? 'json' : 'text';
        await copy(process.stdout, (offset) => runCommand(options.data, bulkLog, { id, offset, form }));
      }),
  () =>
    new Command('download')
      .description('write what an export has written to a file here, or to the standard output')
      .argument('<id>', 'its number', readId)
      .argument('[path]', 'of a file that is not there yet')
      .action(async (id: number, path: string | undefined, options: CommonOptions) => {
        const next = (offset: number) => runCommand(options.data, bulkDownload, { id, offset });
        if (path === undefined) {
          await copy(process.stdout, next);
          return;
        }
        const file = createWriteStream(path, { flags: 'wx', mode: 0o600 });
        const written = finished(file);
        await Promise.race([copy(file, next), written]);
        file.end();
        await written;
      }),
];

function submitting(name: string, description: string): Command {
  return new Command(name)
    .description(description)
    .argument('<transaction>', 'as "rollcall bulk transactions" lists them')
    .option('--option <name=value>', 'what the transaction is to know; may be given again', collect, [])
    .option('--description <text>', 'in words', '')
    .addOption(new Option('--at <time>', 'when it starts, as in 2026-03-01T10:00:00Z').conflicts('hold'))
    .option('--hold', 'not before it is scheduled')
    .option('--sequence <number>', 'order among jobs that are due at the same time', Number, 0)
    .addOption(
      new Option('--every <time>', 'exports only').choices(['once', 'daily', 'weekly', 'monthly']).default('once'),
    )
    .option('--output <name>', 'what an export is to be called', '')
    .option('--wait', 'until it has ended');
}

function onJob(name: string, description: string, command: typeof bulkStop): Command {
  return new Command(name)
    .description(description)
    .argument('<id>', 'its number', readId)
    .action(async (id: number, options: CommonOptions) => {
      const job = await runCommand(options.data, command, { id });
      print(options, job, () => describe(job));
    });
}

async function submit(transaction: string, file: string, options: SubmitOptions): Promise<void> {
  const { data, option, description, sequence, every, output } = options;
  const about = { transaction, file, options: option, description, sequence, frequency: every, output };
  const job = await runCommand(data, bulkSubmit, { ...about, ...startOf(options) });
  if (options.wait) showEnded(options, await watchJob(data, job.id));
  else print(options, job, () => describe(job));
}

function startOf({ hold, at }: SubmitOptions): { start: string; at?: string } {
  if (at !== undefined) return { start: 'at', at };
  return { start: hold ? 'hold' : 'now' };
}

/** A job that did not get through is a failure of the command as well. */
function showEnded(options: CommonOptions, job: BulkJob): void {
  print(options, job, () => describe(job));
  if (job.state === 'InComplete' || job.result === 'Failure') process.exitCode = EXIT.failed;
}

function describe(job: BulkJob): string {
  const { done, failed, ignored, unprocessed } = job.figures;
  return [
    `Job ${job.id}: ${job.description}${job.dryRun ? ' (nothing is written)' : ''}`,
    `${[job.state, job.result, job.reason].filter((text) => text !== '').join('. ')}`,
    ...(job.state === 'Processing' || job.state === 'Stop Requested' ? [progressLine(job)] : []),
    `done ${done}, server errors ${failed}, ignored ${ignored}, unprocessed ${unprocessed}`,
    ...(job.log === '' ? [] : [`Each line that was not taken, with its reason: rollcall bulk log ${job.id}`]),
    ...(job.output === '' || job.state !== 'Completed'
      ? []
      : [`What it has written: rollcall bulk download ${job.id}`]),
  ].join('\n');
}

async function copy(
  to: NodeJS.WritableStream,
  next: (offset: number) => Promise<{ bytes: string; size: number }>,
): Promise<void> {
  for (let offset = 0; ; ) {
    const { bytes, size } = await next(offset);
    const piece = Buffer.from(bytes, 'base64');
    to.write(piece);
    offset += piece.length;
    if (piece.length === 0 || offset >= size) return;
  }
}

function readId(text: string): number {
  if (!/^[1-9]\d{0,14}$/.test(text)) throw new InvalidArgumentError('It is the number of a job.');
  return Number(text);
}

function time(at: number): string {
  return new Date(at).toISOString().slice(0, 19).replace('T', ' ');
}
