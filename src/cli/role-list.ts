import { Command } from 'commander';
import { roleList as list } from '#commands/roles.ts';
import { type CommonOptions, print, table } from './cli.ts';
import { runCommand } from './run-command.ts';

export function roleList(): Command {
  return new Command('list').description('list who holds which roles').action(async (options: CommonOptions) => {
    const holders = await runCommand(options.data, list, {});
    print(options, holders, () => {
      if (holders.length === 0) return 'Nobody holds a role.';
      return table(holders.map(({ address, roles }) => [address, roles.join(', ')]));
    });
  });
}
