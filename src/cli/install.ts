import { Command } from 'commander';
import type { InstallCommandOptions } from './install-run.ts';

export function install(): Command {
  return new Command('install')
    .description('make a publisher or a subscriber, with what it has to know of its Unified CM or its publisher')
    .option('--answers <file>', 'a YAML or JSON file with the answers; without it they are asked for')
    .action(async (options: InstallCommandOptions) => (await import('./install-run.ts')).runInstall(options));
}
