/** What was done with commands, and whether that record is whole. */
import { z } from 'zod';
import { Failure } from '#base/failure.ts';
import type { AuditEntry, AuditLog } from './audit-log.ts';
import { type CommandContext, command } from './command.ts';

const outcome = z.enum(['done', 'failed', 'refused', 'unknown']);

const entry = z.object({
  id: z.number(),
  at: z.number().describe('epoch milliseconds'),
  endedAt: z.number().optional().describe('epoch milliseconds'),
  caller: z.string(),
  face: z.string(),
  command: z.string(),
  subject: z.string(),
  outcome: outcome.describe('unknown: it began, and the server or its store failed before it could say more'),
  detail: z.string(),
});

const filters = z.strictObject({
  before: z.int().min(1).optional().describe('only entries with a lower id: `next` of the page before'),
  limit: z.int().min(1).max(1000).default(100),
  caller: z.string().max(256).optional().describe('who ran it'),
  command: z.string().max(256).optional().describe('a name, or the beginning of one that ends in a dot'),
  subject: z.string().max(256).optional(),
  outcome: outcome.optional(),
  since: z.int().min(0).optional().describe('epoch milliseconds'),
  until: z.int().min(0).optional().describe('epoch milliseconds'),
});

type Filters = z.output<typeof filters>;

const page = z.object({
  entries: z.array(entry),
  next: z.number().optional().describe('what to give as `before` for the next page; absent on the last one'),
});

export type AuditPage = z.infer<typeof page>;

export const auditList = command({
  name: 'audit.list',
  help: 'What was done with commands that change something, and what was refused; the newest first.',
  role: 'auditor',
  changes: false,
  input: filters,
  output: page,
  async run(context, given): Promise<AuditPage> {
    const entries: AuditEntry[] = [];
    for await (const one of auditOf(context).entries(given.before)) {
      if (given.since !== undefined && one.at < given.since) return { entries };
      if (!isWanted(one, given)) continue;
      if (entries.length === given.limit) return { entries, next: entries.at(-1)!.id };
      entries.push(one);
    }
    return { entries };
  },
});

const verdict = z.object({
  rows: z.number().describe('rows that are there and in order'),
  firstId: z.number(),
  cutUpTo: z.number().describe('rows up to this one were taken out by audit.keepDays'),
  broken: z
    .object({ id: z.number(), reason: z.string() })
    .optional()
    .describe('the first row that is not as it was written'),
  head: z.string().describe('hash of the last row; written down elsewhere, it proves all that is before it'),
});

export type AuditVerdict = z.infer<typeof verdict>;

export const auditVerify = command({
  name: 'audit.verify',
  help: 'Walks the audit log row by row, and names the first that was changed or taken out.',
  role: 'auditor',
  changes: false,
  input: z.strictObject({}),
  output: verdict,
  run: (context) => auditOf(context).verify(),
});

function isWanted(one: AuditEntry, { caller, command, subject, outcome, until }: Filters): boolean {
  if (until !== undefined && one.at > until) return false;
  if (caller !== undefined && one.caller !== caller) return false;
  if (subject !== undefined && one.subject !== subject) return false;
  if (outcome !== undefined && one.outcome !== outcome) return false;
  if (command === undefined) return true;
  return command.endsWith('.') ? one.command.startsWith(command) : one.command === command;
}

function auditOf({ audit }: CommandContext): AuditLog {
  if (audit === undefined) throw new Failure('unavailable', 'nothing is put on record here');
  return audit;
}
