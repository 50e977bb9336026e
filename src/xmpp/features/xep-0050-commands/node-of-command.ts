/** A command of the server as an ad hoc command: its input as a form (XEP-0004), its output as another one. */
import type { Command } from '#commands/command.ts';
import { type FieldKind, type InputField, inputFields, readInput } from '#commands/input-fields.ts';
import type { Element } from '#xml/element.ts';
import type { AdHocNode } from '../../ad-hoc.ts';
import { type Field, type FieldType, type FilledForm, writeForm, writeTable } from '../../wire/data-form.ts';

/** So many rows of a list are told; a stanza has to stay one that clients take. */
const MAX_ROWS = 500;

const TYPES: Readonly<Record<FieldKind, FieldType>> = {
  text: 'text-single',
  secret: 'text-private',
  number: 'text-single',
  flag: 'boolean',
  choice: 'list-single',
  texts: 'text-multi',
  choices: 'list-multi',
  json: 'text-multi',
};

export function nodeOfCommand(command: Command): AdHocNode {
  const { name, help, role } = command;
  return {
    node: name,
    name: name.replaceAll('.', ' '),
    role,
    ...(inputFields(command).length > 0 && {
      form: () => ({ title: name, instructions: help, fields: inputFields(command).map(writeInput) }),
    }),
    async run(call, filled) {
      const output = await call.run(name, filled === undefined ? {} : readFilled(inputFields(command), filled));
      return writeOutput(name, output);
    },
  };
}

function writeInput({ name, kind, required, help, choices, initial }: InputField): Field {
  return {
    name,
    // An address may be given without its domain, so it is no jid-single.
    type: TYPES[kind],
    label: name,
    required,
    ...(help !== '' && { description: help }),
    ...(initial.length > 0 && { values: initial }),
    ...(choices.length > 0 && { options: Object.fromEntries(choices.map((choice) => [choice, choice])) }),
  };
}

/** JSON that was filled in over several lines is one value. */
function readFilled(fields: readonly InputField[], filled: FilledForm): unknown {
  const given = fields.map(({ name, kind }): [string, readonly string[]] => {
    const values = filled.list(name);
    return [name, kind === 'json' && values.length > 0 ? [values.join('\n')] : values];
  });
  return readInput(fields, new Map(given));
}

/** A list of objects is a table, an object a field for each member, anything else a sentence. */
export function writeOutput(title: string, output: unknown): { note?: string; payload?: Element } {
  if (Array.isArray(output) && output.every(isRecord)) return writeList(title, output);
  if (isRecord(output)) {
    const fields = Object.entries(output).map(([name, value]): Field => {
      const values = textsOf(value);
      return { name, label: name, type: values.length > 1 ? 'text-multi' : 'text-single', values };
    });
    return { payload: writeForm({ type: 'result', title, fields }) };
  }
  return { note: output === null || output === undefined ? 'Done.' : (textsOf(output)[0] ?? 'Nothing.') };
}

function writeList(title: string, output: readonly Record<string, unknown>[]): { note: string; payload?: Element } {
  if (output.length === 0) return { note: 'There are none.' };
  const shown = output.slice(0, MAX_ROWS);
  const columns = [...new Set(shown.flatMap((row) => Object.keys(row)))];
  const rows = shown.map((row) => columns.map((column) => textsOf(row[column])));
  const more = output.length - shown.length;
  return {
    note:
      more === 0 ? `There are ${output.length}.` : `There are ${output.length}, of which the first ${MAX_ROWS} follow.`,
    payload: writeTable({ title, columns, rows }),
  };
}

function textsOf(value: unknown): string[] {
  if (value === undefined || value === null) return [];
  if (Array.isArray(value)) return value.flatMap((one) => (isRecord(one) ? [textOf(one)] : textsOf(one)));
  return [textOf(value)];
}

/** Characters that XML cannot hold (XML 1.0 §2.2) are shown as replaced. */
function textOf(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
  return text.toWellFormed().replaceAll(/[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/g, '\ufffd');
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
