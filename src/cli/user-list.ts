import { Command } from 'commander';
import { userList as list } from '#commands/users.ts';
import { type CommonOptions, print, table } from './cli.ts';
import { runCommand } from './run-command.ts';

export function userList(): Command {
  return new Command('list').description('list the accounts').action(async (options: CommonOptions) => {
    const users = await runCommand(options.data, list, {});
    print(options, users, () => {
      if (users.length === 0) return 'There are no accounts.';
      return table(users.map(({ address, admin, enabled }) => [address, words(admin, enabled)]));
    });
  });
}

function words(admin: boolean, enabled: boolean): string {
  return [...(admin ? ['administrator'] : []), ...(enabled ? [] : ['disabled'])].join(', ');
}
