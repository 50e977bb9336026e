import { Command } from 'commander';
import { userDisable as disable } from '#commands/users.ts';
import { type CommonOptions, print } from './cli.ts';
import { runCommand } from './run-command.ts';

export function userDisable(): Command {
  return new Command('disable')
    .description('keep an account, but let nobody sign in with it')
    .argument('<address>', 'name@domain; the name alone is enough')
    .action(async (given: string, options: CommonOptions) => {
      const user = await runCommand(options.data, disable, { address: given });
      print(options, user, () => `${user.address} may not sign in any more.`);
    });
}
