/** Every command there is, by its own name: what has no words of its own on the command line is run with this. */
import { Command } from 'commander';
import { allCommands } from '#commands/all.ts';
import type { Command as ServerCommand } from '#commands/command.ts';
import { type InputField, inputFields, readInput } from '#commands/input-fields.ts';
import { type CommonOptions, print, table, UsageError } from './cli.ts';
import { readPassword } from './password.ts';
import { runCommand } from './run-command.ts';

export function command(): Command {
  return new Command('command')
    .description('run a command of the server by its name; without one, list them all')
    .argument('[name]', 'as in user.list')
    .argument('[fields...]', 'what goes in, as field=value; several values are given by repeating the field')
    .option('--fields', 'show what goes into it, and run nothing')
    .option('--password-stdin', 'the first line of the standard input is the password')
    .action(
      async (
        name: string | undefined,
        given: readonly string[],
        options: CommonOptions & { fields?: boolean; passwordStdin?: boolean },
      ) => {
        if (name === undefined) {
          const all = allCommands.all().map(({ name, role, help }) => ({ name, role, help }));
          print(options, all, () => table(all.map(({ name, role, help }) => [name, role, help])));
          return;
        }
        const found = find(name);
        const fields = inputFields(found);
        if (options.fields) {
          print(options, fields, () => describe(found, fields));
          return;
        }
        const values = await withSecrets(fields, read(fields, given), options.passwordStdin);
        const output = await runCommand(options.data, found, readInput(fields, values));
        print({ json: true }, output ?? null, () => '');
      },
    );
}

function find(name: string): ServerCommand {
  const found = allCommands.find(name);
  if (found === undefined) throw new UsageError(`there is no command ${name}; "rollcall command" lists them`);
  return found;
}

function read(fields: readonly InputField[], given: readonly string[]): Map<string, string[]> {
  const values = new Map<string, string[]>();
  for (const text of given) {
    const at = text.indexOf('=');
    if (at < 1) throw new UsageError(`${text} is not written as field=value`);
    const name = text.slice(0, at);
    if (fields.find((field) => field.name === name)?.kind === 'secret') {
      throw new UsageError(
        `${name} is a secret, and others can read the command line; leave it out to be asked for it`,
      );
    }
    values.set(name, [...(values.get(name) ?? []), text.slice(at + 1)]);
  }
  return values;
}

async function withSecrets(
  fields: readonly InputField[],
  values: Map<string, string[]>,
  fromStdin: boolean | undefined,
): Promise<Map<string, string[]>> {
  const secrets = fields.filter(({ kind, required }) => kind === 'secret' && (required || fromStdin));
  for (const { name } of secrets.slice(0, fromStdin ? 1 : undefined)) values.set(name, [await readPassword(fromStdin)]);
  return values;
}

function describe({ name, help, role }: ServerCommand, fields: readonly InputField[]): string {
  const rows = fields.map(({ name, kind, required, choices, help }) => [
    name,
    choices.length > 0 ? choices.join(' | ') : kind,
    required ? 'required' : '',
    help,
  ]);
  const head = `${name} (${role}): ${help}`;
  return rows.length === 0 ? `${head}\nNothing goes in.` : `${head}\n${table(rows)}`;
}
