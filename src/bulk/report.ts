/** What a job has done, for people and as JSON. */
import type { Job } from './job.ts';
import type { LineNote } from './job-store.ts';
import type { Transaction } from './transaction.ts';

/** The four figures of a job; they add up to its lines. */
export interface Figures {
  readonly done: number;
  readonly failed: number;
  readonly ignored: number;
  readonly unprocessed: number;
}

export function figuresOf({ total, done, failed, ignored }: Job): Figures {
  return { done: done - failed - ignored, failed, ignored, unprocessed: Math.max(0, total - done) };
}

/** The log as text: who, what, when, the figures, then each line that was not taken with its reason. */
export async function* textReport(
  job: Job,
  { target, title, words }: Transaction,
  lines: AsyncIterable<LineNote>,
): AsyncGenerator<string> {
  const { id, description, submittedBy, file, output, startedAt, endedAt, state, reason } = job;
  const { done, failed, ignored, unprocessed } = figuresOf(job);
  const figures: [string, number][] = [
    [words.done, done],
    ['Internal server errors', failed],
    [words.ignored, ignored],
    [words.unprocessed, unprocessed],
  ];
  const width = Math.max(...figures.map(([name]) => name.length));
  const files = [...(file === '' ? [] : [`File: ${file}`]), ...(output === '' ? [] : [`Output: ${output}`])];
  yield [
    `Job ID: ${id}  Description: ${plain(description)}  Submitted by: ${plain(submittedBy)}`,
    [`Target: ${target}  Transaction: ${title}`, ...files].join('   '),
    `Start: ${shownTime(startedAt)}   End: ${shownTime(endedAt)}   State: ${state}`,
    ...(job.dryRun ? ['Validation only: nothing was written.'] : []),
    ...(reason === '' ? [] : [`Ended early: ${plain(reason)}`]),
    '',
    ...figures.map(([name, count]) => `${name.padEnd(width)} : ${count}`),
    '\n',
  ].join('\n');
  for await (const { line, kind, subject, other, reason } of lines) {
    const why = kind === 'error' ? `Internal server error: ${reason}` : reason;
    yield `${`Line ${line}`.padEnd(11)} ${plain(subject).padEnd(32)} ${plain(other).padEnd(32)} ${plain(why)}\n`;
  }
}

/** The same as JSON. */
export async function* jsonReport(
  job: Job,
  { target, title }: Transaction,
  lines: AsyncIterable<LineNote>,
): AsyncGenerator<string> {
  const { options: _, ...about } = job;
  const head = JSON.stringify({ ...about, target, title, figures: figuresOf(job) }, undefined, 2);
  yield `${head.slice(0, -2)},\n  "lines": [`;
  let separator = '\n';
  for await (const { line, kind, subject, other, reason } of lines) {
    yield `${separator}    ${JSON.stringify({ line, kind, subject, other, reason })}`;
    separator = ',\n';
  }
  yield '\n  ]\n}\n';
}

/** `contact-lists_import-contacts_1421_20260301100009.txt`. */
export function reportName(job: Job, { target, name }: Transaction): string {
  const stamp = new Date(job.endedAt).toISOString().replace(/\D/g, '').slice(0, 14);
  return `${target.toLowerCase().replaceAll(' ', '-')}_${name}_${job.id}_${stamp}.txt`;
}

export function jsonName(report: string): string {
  return report.replace(/\.txt$/, '.json');
}

function shownTime(at: number): string {
  return at === 0 ? '-' : `${new Date(at).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}

/** What a file says must not look like another line of the log, nor move the cursor of a terminal. */
function plain(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '?');
}
