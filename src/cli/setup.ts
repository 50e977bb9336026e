import { Command } from 'commander';
import { type SetupStatus, setupFinish, setupStatus } from '#commands/setup.ts';
import { type CommonOptions, print } from './cli.ts';
import { runCommand } from './run-command.ts';

/** The commands of the group `setup`. */
export const setupCommands: readonly (() => Command)[] = [
  () =>
    new Command('status')
      .description('whether the setup that follows the installation is finished')
      .action(async (options: CommonOptions) => printed(options, await runCommand(options.data, setupStatus, {}))),
  () =>
    new Command('finish')
      .description('finish the setup: people may sign in then')
      .action(async (options: CommonOptions) => printed(options, await runCommand(options.data, setupFinish, {}))),
];

function printed(options: CommonOptions, status: SetupStatus): void {
  print(options, status, () =>
    status.finished ? 'The setup is finished; people may sign in.' : `Not yet: ${status.reason}.`,
  );
}
