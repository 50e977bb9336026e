/** The words as commands of one line: `rollcall show status`. */
import { Command } from 'commander';
import { type CommonOptions, EXIT, print, table, UsageError } from '../cli.ts';
import { confirm } from '../password.ts';
import { lineOf, tokens } from './grammar.ts';
import { GROUPS, words } from './words.ts';

/** @param name the first word */
export function wordGroup(name: string): Command {
  const verbs = words.verbs.filter(({ path }) => path.startsWith(`${name} `));
  return new Command(name)
    .description(GROUPS[name] ?? '')
    .argument('[words...]', 'one of those below')
    .allowUnknownOption()
    .addHelpText('after', () => `\nWords:\n${table(verbs.map(({ path, help }) => [`  ${path}`, help]))}`)
    .action(async (typed: string[], options: CommonOptions) => {
      await runWords([name, ...typed], options);
    });
}

async function runWords(typed: readonly string[], options: CommonOptions): Promise<void> {
  const found = words.find(tokens(lineOf(typed)), (from) => typed.slice(from).join(' '));
  if (found === undefined) throw new UsageError(`No valid command entered: ${typed.join(' ')}`);
  if ('incomplete' in found) {
    const next = words.candidates(tokens(lineOf(typed))).map(({ text }) => text);
    throw new UsageError(`${typed.join(' ')} goes on: ${next.join(', ')}`);
  }
  const ask = (question: string) => (process.stdin.isTTY ? confirm(question) : Promise.resolve(true));
  const outcome = await found.verb.run({ data: options.data, args: found.args, confirm: ask });
  if (outcome.failed) process.exitCode = EXIT.failed;
  print(options, outcome.result, () => outcome.text);
}
