import { Command } from 'commander';
import { type AuditVerdict, auditVerify as verify } from '#commands/audit.ts';
import { type CommonOptions, EXIT, print } from './cli.ts';
import { runCommand } from './run-command.ts';

export function auditVerify(): Command {
  return new Command('verify')
    .description('whether the audit log is whole; exit code 1 when a row was changed or taken out')
    .action(async (options: CommonOptions) => {
      const verdict = await runCommand(options.data, verify, {});
      if (verdict.broken !== undefined) process.exitCode = EXIT.failed;
      print(options, verdict, () => describe(verdict));
    });
}

function describe({ rows, firstId, cutUpTo, broken, head }: AuditVerdict): string {
  const cut = cutUpTo === 0 ? '' : ` Rows up to ${cutUpTo} were taken out by the setting audit.keepDays.`;
  if (broken !== undefined) return `Row ${broken.id} is not as it was written: ${broken.reason}.${cut}`;
  if (rows === 0) return `There is nothing on record.${cut}`;
  return `All ${rows} rows from ${firstId} on are as they were written.${cut}\nHash of the last one: ${head}`;
}
