import { Argument, Command, InvalidArgumentError } from 'commander';
import { presenceOverride as override } from '#commands/presence.ts';
import { type CommonOptions, print } from './cli.ts';
import { runCommand } from './run-command.ts';

const STATES = ['available', 'chat', 'away', 'xa', 'dnd', 'hidden', 'none'] as const;

export function presenceOverride(): Command {
  return new Command('override')
    .description('show an account as told here, whatever its devices and phones say; none takes that back')
    .argument('<address>', 'name@domain; the name alone is enough')
    .addArgument(new Argument('<state>', 'how it is shown').choices(STATES))
    .option('--note <text>', 'shown beside it')
    .option('--minutes <number>', 'how long it holds; without it, until it is taken back', wholeNumber)
    .action(async (address: string, state: string, options: CommonOptions & { note?: string; minutes?: number }) => {
      const { note = '', minutes } = options;
      const input = { address, state, note, ...(minutes !== undefined && { minutes }) };
      const done = await runCommand(options.data, override, input);
      print(options, done, () => describe(done, minutes));
    });
}

function describe({ address, state }: { address: string; state: string }, minutes: number | undefined): string {
  if (state === 'none') return `${address} is shown as its devices and phones say.`;
  const until = minutes === undefined ? 'until it is taken back' : `for ${minutes} minutes`;
  return `${address} is ${state === 'hidden' ? 'hidden from others' : `shown as ${state}`} ${until}.`;
}

function wholeNumber(text: string): number {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1) throw new InvalidArgumentError('It has to be a whole number above 0.');
  return number;
}
