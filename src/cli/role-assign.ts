import { Argument, Command } from 'commander';
import { roles } from '#accounts/roles.ts';
import { roleAssign as assign } from '#commands/roles.ts';
import { type CommonOptions, print } from './cli.ts';
import { runCommand } from './run-command.ts';

export function roleAssign(): Command {
  return new Command('assign')
    .description('give an account a role')
    .argument('<address>', 'name@domain; the name alone is enough')
    .addArgument(new Argument('<role>', 'which one').choices(roles))
    .action(async (address: string, role: string, options: CommonOptions) => {
      const held = await runCommand(options.data, assign, { address, role });
      const all = held.roles.length === 0 ? 'no role' : held.roles.join(', ');
      print(options, held, () => `${held.address} holds ${all} now.`);
    });
}
