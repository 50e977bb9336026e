/** Describes the REST API in OpenAPI 3.1, made from the commands. */
import { setImmediate } from 'node:timers/promises';
import type { Command, Commands } from '#commands/command.ts';
import { type InputField, inputFields, isSecret, type JsonSchema, jsonSchema } from '#commands/input-fields.ts';
import { methodOf, pathOfCommand } from './paths.ts';

/** The errors that every operation may be answered with, by status. */
const ERRORS: Readonly<Record<string, string>> = {
  400: 'The input is wrong.',
  401: 'Nobody has signed in, or not rightly.',
  403: 'The role of who asks is not enough.',
  404: 'What it is about is not there.',
  406: 'It is not possible as things are.',
  409: 'It contradicts what is there.',
  413: 'The body is too large.',
  415: 'The body is not said to be JSON.',
  429: 'Too many requests, or too many wrong passwords or tokens.',
  500: 'The server failed; its log has more.',
  503: 'It cannot be done now: the store is failing, or something that it takes is not there.',
};

const ERROR = {
  type: 'object',
  required: ['error'],
  properties: {
    error: { type: 'string', description: 'a sentence that says what to do next' },
    kind: { type: 'string', description: 'what kind of error it is' },
  },
};

/** The description as JSON. Made in slices, for schemas of many commands are work. */
export async function openApi(commands: Commands, version: string): Promise<string> {
  const paths: Record<string, unknown> = {};
  for (const command of commands.all()) {
    paths[pathOfCommand(command)] = { [methodOf(command).toLowerCase()]: operation(command) };
    await setImmediate();
  }
  return JSON.stringify({
    openapi: '3.1.0',
    info: {
      title: 'Rollcall',
      version,
      description: 'Every administrative command. What changes nothing is a GET, the rest a POST with JSON.',
    },
    servers: [{ url: '/' }],
    security: [{ password: [] }, { token: [] }],
    tags: [...new Set(commands.all().map(areaOf))].map((name) => ({ name })),
    paths,
    components: {
      securitySchemes: {
        password: { type: 'http', scheme: 'basic', description: 'Of an account that holds a role.' },
        token: { type: 'http', scheme: 'bearer', description: 'A token, as `token.create` gives it.' },
      },
      schemas: { Error: ERROR },
      responses: Object.fromEntries(
        Object.entries(ERRORS).map(([status, description]) => [
          `Error${status}`,
          { description, content: json({ $ref: '#/components/schemas/Error' }) },
        ]),
      ),
    },
  });
}

function operation(command: Command): Record<string, unknown> {
  const { name, help, role, changes, startsJob } = command;
  const errors = Object.keys(ERRORS).map((status) => [status, { $ref: `#/components/responses/Error${status}` }]);
  const done = {
    description: startsJob ? 'It has begun; the answer names the job.' : 'It is done.',
    content: json(jsonSchema(command.output, 'output')),
  };
  return {
    operationId: name,
    tags: [areaOf(command)],
    summary: help,
    description: `Takes the role \`${role}\`.`,
    'x-rollcall-role': role,
    ...(changes
      ? { requestBody: { required: true, content: json(withSecrets(jsonSchema(command.input, 'input'))) } }
      : { parameters: parameters(command) }),
    responses: { [startsJob ? '202' : '200']: done, ...Object.fromEntries(errors) },
  };
}

function parameters(command: Command): unknown[] {
  const { properties = {} } = jsonSchema(command.input, 'input');
  return inputFields(command).map((field) => parameter(field, properties[field.name] ?? {}));
}

/** What has no plain form as text is written as JSON. */
function parameter({ name, kind, required, help }: InputField, schema: JsonSchema): Record<string, unknown> {
  const about = { name, in: 'query', required, ...(help !== '' && { description: help }) };
  if (kind === 'json') return { ...about, content: json(schema) };
  if (kind !== 'texts' && kind !== 'choices') return { ...about, schema };
  return { ...about, style: 'form', explode: true, schema };
}

function withSecrets(schema: JsonSchema): JsonSchema {
  if (schema.properties === undefined) return schema;
  const properties = Object.entries(schema.properties).map(([name, member]) => {
    if (!isSecret(name, member)) return [name, member];
    const { secret: _, ...rest } = member;
    return [name, { ...rest, format: 'password', writeOnly: true }];
  });
  return { ...schema, properties: Object.fromEntries(properties) };
}

function areaOf({ name }: Command): string {
  return name.slice(0, name.indexOf('.'));
}

function json(schema: unknown): Record<string, unknown> {
  return { 'application/json': { schema } };
}
