import { Argument, Command } from 'commander';
import { roles } from '#accounts/roles.ts';
import { roleWithdraw as withdraw } from '#commands/roles.ts';
import { type CommonOptions, print } from './cli.ts';
import { runCommand } from './run-command.ts';

export function roleWithdraw(): Command {
  return new Command('withdraw')
    .description('take a role away from an account')
    .argument('<address>', 'name@domain; the name alone is enough')
    .addArgument(new Argument('<role>', 'which one').choices(roles))
    .action(async (address: string, role: string, options: CommonOptions) => {
      const held = await runCommand(options.data, withdraw, { address, role });
      const all = held.roles.length === 0 ? 'no role' : held.roles.join(', ');
      print(options, held, () => `${held.address} holds ${all} now.`);
    });
}
