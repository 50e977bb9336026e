import { Command } from 'commander';
import { userPasswd as passwd } from '#commands/users.ts';
import { type CommonOptions, print } from './cli.ts';
import { readPassword } from './password.ts';
import { runCommand } from './run-command.ts';

export function userPasswd(): Command {
  return new Command('passwd')
    .description('set the password of an account and sign its devices out')
    .argument('<address>', 'name@domain; the name alone is enough')
    .option('--password-stdin', 'the first line of the standard input is the password')
    .action(async (given: string, options: CommonOptions & { passwordStdin?: boolean }) => {
      const password = await readPassword(options.passwordStdin);
      const result = await runCommand(options.data, passwd, { address: given, password });
      print(options, result, () => `${result.address} has a new password.`);
    });
}
