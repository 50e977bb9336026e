import { Command } from 'commander';
import { tokenList as list } from '#commands/tokens.ts';
import { type CommonOptions, print, table } from './cli.ts';
import { runCommand } from './run-command.ts';

export function tokenList(): Command {
  return new Command('list').description('list the tokens').action(async (options: CommonOptions) => {
    const tokens = await runCommand(options.data, list, {});
    print(options, tokens, () => {
      if (tokens.length === 0) return 'There are no tokens.';
      return table(
        tokens.map(({ name, role, expiresAt, expired, lastUsedAt }) => [
          name,
          role,
          `${expired ? 'expired' : 'until'} ${new Date(expiresAt).toISOString()}`,
          lastUsedAt === undefined ? 'never used' : `last used ${new Date(lastUsedAt).toISOString()}`,
        ]),
      );
    });
  });
}
