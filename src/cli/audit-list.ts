import { Command, InvalidArgumentError } from 'commander';
import { type AuditPage, auditList as list } from '#commands/audit.ts';
import { type CommonOptions, print, table } from './cli.ts';
import { runCommand } from './run-command.ts';

interface Options extends CommonOptions {
  limit?: number;
  before?: number;
  caller?: string;
  command?: string;
  subject?: string;
  outcome?: string;
}

export function auditList(): Command {
  return new Command('list')
    .description('what was done with commands, and what was refused; the newest first')
    .option('--limit <number>', 'how many to show (default: 100)', wholeNumber)
    .option('--before <id>', 'those before this one: the next page', wholeNumber)
    .option('--caller <name>', 'who ran it')
    .option('--command <name>', 'a command, or the beginning of its name up to a dot')
    .option('--subject <text>', 'whom or what it was about')
    .option('--outcome <word>', 'done, failed, refused or unknown')
    .action(async ({ data, json, ...filters }: Options) => {
      const page = await runCommand(data, list, filters);
      print({ json: json ?? false }, page, () => describe(page));
    });
}

function describe({ entries, next }: AuditPage): string {
  if (entries.length === 0) return 'There is nothing on record.';
  const rows = entries.map(({ id, at, caller, command, subject, outcome, detail }) => [
    String(id),
    new Date(at).toISOString(),
    caller,
    command,
    subject,
    outcome,
    detail.split('\n')[0]!,
  ]);
  return table(rows) + (next === undefined ? '' : `\nThere are older ones: --before ${next}`);
}

function wholeNumber(text: string): number {
  const number = Number(text);
  if (!/^\d{1,15}$/.test(text) || number < 1) throw new InvalidArgumentError('It has to be a whole number above 0.');
  return number;
}
