import { Command } from 'commander';
import { Failure } from '#base/failure.ts';
import {
  appUserAdd as add,
  appUserList as list,
  appUserPasswd as passwd,
  appUserRemove as remove,
  type ShownAppUser,
} from '#commands/directory.ts';
import { type CommonOptions, print, table } from './cli.ts';
import { confirm, readPassword } from './password.ts';
import { runCommand } from './run-command.ts';

const NAME = 'the name that the program signs in with';
const PASSWORD_STDIN = 'the first line of the standard input is the password';

type PasswordOptions = CommonOptions & { passwordStdin?: boolean };

function appUserAdd(): Command {
  return new Command('add')
    .description('add an application user; asks for its password')
    .argument('<name>', NAME)
    .option('--role <role>', 'what it may do, as in "Standard AXL API Access"; may be given again', together, [])
    .option('--password-stdin', PASSWORD_STDIN)
    .action(async (name: string, options: PasswordOptions & { role: string[] }) => {
      const password = await readPassword(options.passwordStdin);
      const made = await runCommand(options.data, add, { name, password, roles: options.role });
      print(options, made, () => `${made.name} may sign in now${made.groups.length === 0 ? ', and has no role' : ''}.`);
    });
}

function appUserList(): Command {
  return new Command('list').description('list the application users').action(async (options: CommonOptions) => {
    const users: ShownAppUser[] = await runCommand(options.data, list, {});
    print(options, users, () => {
      if (users.length === 0) return 'There are no application users.';
      return table(users.map(({ name, groups }) => [name, groups.join(', ')]));
    });
  });
}

function appUserPasswd(): Command {
  return new Command('passwd')
    .description('set the password of an application user')
    .argument('<name>', NAME)
    .option('--password-stdin', PASSWORD_STDIN)
    .action(async (name: string, options: PasswordOptions) => {
      const password = await readPassword(options.passwordStdin);
      const result = await runCommand(options.data, passwd, { name, password });
      print(options, result, () => `${result.name} has a new password.`);
    });
}

function appUserRemove(): Command {
  return new Command('remove')
    .description('remove an application user')
    .argument('<name>', NAME)
    .option('--yes', 'do not ask on a terminal')
    .action(async (name: string, options: CommonOptions & { yes?: boolean }) => {
      if (process.stdin.isTTY && !options.yes && !(await confirm(`Remove ${name}? Its program cannot sign in then.`))) {
        throw new Failure('unavailable', 'nothing was removed');
      }
      const result = await runCommand(options.data, remove, { name });
      print(options, result, () => `${result.name} is removed.`);
    });
}

const together = (role: string, before: string[]): string[] => [...before, role];

/** The commands of `rollcall app-user`. */
export const appUserCommands = [appUserAdd, appUserList, appUserPasswd, appUserRemove];
