import { Command } from 'commander';
import { userEnable as enable } from '#commands/users.ts';
import { type CommonOptions, print } from './cli.ts';
import { runCommand } from './run-command.ts';

export function userEnable(): Command {
  return new Command('enable')
    .description('let an account sign in again')
    .argument('<address>', 'name@domain; the name alone is enough')
    .action(async (given: string, options: CommonOptions) => {
      const user = await runCommand(options.data, enable, { address: given });
      print(options, user, () => `${user.address} may sign in again.`);
    });
}
