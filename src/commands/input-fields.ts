/**
 * The input of a command as named fields that a person, a form or a query fills in with texts. Made from the command's
 * schema, so that every face asks for the same.
 */
import { z } from 'zod';
import type { Command } from './command.ts';

export type FieldKind = 'text' | 'secret' | 'number' | 'flag' | 'choice' | 'texts' | 'choices' | 'json';

export interface InputField {
  readonly name: string;
  readonly kind: FieldKind;
  readonly required: boolean;
  /** '' where the schema says nothing. */
  readonly help: string;
  /** Of 'choice' and 'choices'. */
  readonly choices: readonly string[];
  /** What holds when it is left out, as texts. */
  readonly initial: readonly string[];
}

/** A JSON Schema (draft 2020-12) as zod makes it. */
export interface JsonSchema {
  readonly [keyword: string]: unknown;
  readonly type?: string;
  readonly description?: string;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly default?: unknown;
  readonly items?: JsonSchema;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
}

/** An input that is not an object with named members is one field of this name, filled in with JSON. */
const WHOLE = 'input';

const SECRET = /^(new)?(password|pin|secret)$|(Password|Pin|Secret)$/;

const cache = new WeakMap<Command, readonly InputField[]>();

/** The schema of what goes in (`input`, defaults need not be given) or comes out. */
export function jsonSchema(schema: z.ZodType, io: 'input' | 'output'): JsonSchema {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: 'any' });
  return rest as JsonSchema;
}

export function inputFields(command: Command): readonly InputField[] {
  let fields = cache.get(command);
  if (fields === undefined) {
    fields = fieldsOf(jsonSchema(command.input, 'input'));
    cache.set(command, fields);
  }
  return fields;
}

/** Whether a member of that name and schema is a secret: not shown while it is typed, nor afterwards. */
export function isSecret(name: string, schema: JsonSchema): boolean {
  return schema.secret === true || SECRET.test(name);
}

/**
 * The input that texts stand for. What cannot be read as its field's kind stays a text, and the command's schema says
 * what is wrong with it; names that are no fields stay as well.
 * @param given values by name; an empty value is none where the field may be left out
 */
export function readInput(fields: readonly InputField[], given: ReadonlyMap<string, readonly string[]>): unknown {
  const byName = new Map(fields.map((field) => [field.name, field]));
  const input: Record<string, unknown> = {};
  for (const [name, values] of given) {
    const field = byName.get(name);
    const filled = field?.required ? values : values.filter((value) => value !== '');
    if (filled.length === 0) continue;
    const value = field === undefined ? plain(filled) : readValue(field, filled);
    Object.defineProperty(input, name, { value, enumerable: true, configurable: true, writable: true });
  }
  return fields.length === 1 && fields[0]!.name === WHOLE && fields[0]!.kind === 'json' ? input[WHOLE] : input;
}

function fieldsOf({ type, properties, required = [] }: JsonSchema): InputField[] {
  if (type !== 'object' || properties === undefined) {
    return [{ name: WHOLE, kind: 'json', required: true, help: 'JSON', choices: [], initial: [] }];
  }
  return Object.entries(properties).map(([name, schema]) => {
    const kind = kindOf(name, schema);
    return {
      name,
      kind,
      required: required.includes(name),
      help: schema.description ?? '',
      choices: choicesOf(kind === 'choices' ? (schema.items ?? {}) : schema),
      initial: kind === 'secret' ? [] : textsOf(schema.default),
    };
  });
}

function kindOf(name: string, schema: JsonSchema): FieldKind {
  if (choicesOf(schema).length > 0) return 'choice';
  switch (schema.type) {
    case 'boolean':
      return 'flag';
    case 'integer':
    case 'number':
      return 'number';
    case 'string':
      return isSecret(name, schema) ? 'secret' : 'text';
    case 'array':
      if (choicesOf(schema.items ?? {}).length > 0) return 'choices';
      return schema.items?.type === 'string' ? 'texts' : 'json';
    default:
      return 'json';
  }
}

function choicesOf(schema: JsonSchema): string[] {
  const values = schema.enum ?? (schema.const === undefined ? [] : [schema.const]);
  return values.every((value) => typeof value === 'string') ? [...values] : [];
}

function textsOf(initial: unknown): string[] {
  if (initial === undefined || initial === '') return [];
  if (Array.isArray(initial)) return initial.map((one) => (typeof one === 'string' ? one : JSON.stringify(one)));
  return [typeof initial === 'string' ? initial : JSON.stringify(initial)];
}

function readValue({ kind }: InputField, values: readonly string[]): unknown {
  switch (kind) {
    case 'texts':
    case 'choices':
      return [...values];
    case 'number':
      return values.length === 1 && /^\s*[+-]?\d{1,16}(\.\d+)?\s*$/.test(values[0]!)
        ? Number(values[0])
        : plain(values);
    case 'flag':
      return FLAGS.get(values.join(' ').trim().toLowerCase()) ?? plain(values);
    case 'json':
      return values.length === 1 ? readJson(values[0]!) : values.map(readJson);
    default:
      return plain(values);
  }
}

const FLAGS: ReadonlyMap<string, boolean> = new Map([
  ['true', true],
  ['1', true],
  ['false', false],
  ['0', false],
]);

/** Several where one belongs are refused by the schema. */
function plain(values: readonly string[]): unknown {
  return values.length === 1 ? values[0] : [...values];
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
