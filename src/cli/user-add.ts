import { Command } from 'commander';
import { userAdd as add } from '#commands/users.ts';
import { type CommonOptions, print } from './cli.ts';
import { readPassword } from './password.ts';
import { runCommand } from './run-command.ts';

export function userAdd(): Command {
  return new Command('add')
    .description('add an account; asks for its password')
    .argument('<address>', 'name@domain; the name alone is enough')
    .option('--admin', 'an administrator')
    .option('--password-stdin', 'the first line of the standard input is the password')
    .action(async (address: string, options: CommonOptions & { admin?: boolean; passwordStdin?: boolean }) => {
      const password = await readPassword(options.passwordStdin);
      const user = await runCommand(options.data, add, { address, password, admin: options.admin ?? false });
      print(options, user, () => `${user.address} may sign in now${user.admin ? ', as an administrator' : ''}.`);
    });
}
