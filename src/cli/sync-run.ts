import { Command } from 'commander';
import { syncRun as run } from '#commands/sync.ts';
import { type CommonOptions, print } from './cli.ts';
import { runCommand } from './run-command.ts';
import { describeSync } from './sync-status.ts';

export function syncRun(): Command {
  return new Command('run')
    .description('compare all end users with Unified CM now')
    .option('--allow-missing', 'those who are missing in Unified CM are meant to be, however many')
    .action(async (options: CommonOptions & { allowMissing?: boolean }) => {
      const now = await runCommand(options.data, run, { allowMissing: options.allowMissing ?? false });
      print(options, now, () => describeSync(now, Date.now()));
    });
}
