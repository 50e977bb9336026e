import { Command } from 'commander';
import { Failure } from '#base/failure.ts';
import { userRemove as remove } from '#commands/users.ts';
import { type CommonOptions, print } from './cli.ts';
import { confirm } from './password.ts';
import { runCommand } from './run-command.ts';

export function userRemove(): Command {
  return new Command('remove')
    .description('remove an account with its contacts and messages')
    .argument('<address>', 'name@domain; the name alone is enough')
    .option('--yes', 'do not ask on a terminal')
    .action(async (given: string, options: CommonOptions & { yes?: boolean }) => {
      if (process.stdin.isTTY && !options.yes && !(await confirm(`Remove ${given} with all its messages?`))) {
        throw new Failure('unavailable', 'nothing was removed');
      }
      const result = await runCommand(options.data, remove, { address: given });
      print(options, result, () => `${result.address} is removed.`);
    });
}
