import { Argument, Command, InvalidArgumentError } from 'commander';
import { roles } from '#accounts/roles.ts';
import { tokenCreate as create } from '#commands/tokens.ts';
import { type CommonOptions, print } from './cli.ts';
import { runCommand } from './run-command.ts';

export function tokenCreate(): Command {
  return new Command('create')
    .description('make a token for a program; it is shown this once')
    .argument('<name>', 'what it is for, as in backup')
    .addArgument(new Argument('<role>', 'what the program may do').choices(roles))
    .option('--days <number>', 'how long it holds (default: 365)', wholeNumber)
    .action(async (name: string, role: string, options: CommonOptions & { days?: number }) => {
      const { days } = options;
      const made = await runCommand(options.data, create, { name, role, ...(days !== undefined && { days }) });
      const until = new Date(made.expiresAt).toISOString();
      print(options, made, () => `${made.token}\nIt holds until ${until} and is not shown again.`);
    });
}

function wholeNumber(text: string): number {
  const number = Number(text);
  if (!/^\d{1,5}$/.test(text) || number < 1) throw new InvalidArgumentError('It has to be a whole number above 0.');
  return number;
}
