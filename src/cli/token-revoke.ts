import { Command } from 'commander';
import { tokenRevoke as revoke } from '#commands/tokens.ts';
import { type CommonOptions, print } from './cli.ts';
import { runCommand } from './run-command.ts';

export function tokenRevoke(): Command {
  return new Command('revoke')
    .description('make a token worthless, at once')
    .argument('<name>', 'as it was made')
    .action(async (name: string, options: CommonOptions) => {
      const revoked = await runCommand(options.data, revoke, { name });
      print(options, revoked, () => `The token ${revoked.name} is worth nothing any more.`);
    });
}
