/** What texts that a person fills in become, by the schema of a command. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { z } from 'zod';
import { allCommands } from './all.ts';
import { command } from './command.ts';
import { inputFields, isSecret, readInput } from './input-fields.ts';

const shape = z.strictObject({
  name: z.string().min(1).describe('what it is called'),
  password: z.string(),
  code: z.string().meta({ secret: true }).optional(),
  size: z.int().min(0).max(1000).default(7),
  ratio: z.number().optional(),
  on: z.boolean().default(false),
  kind: z.enum(['a', 'b']).optional(),
  words: z.array(z.string()).default(['x']),
  kinds: z.array(z.enum(['a', 'b'])).optional(),
  rest: z.object({ deep: z.array(z.number()) }).optional(),
});
const sample = command({
  name: 'sample.run',
  help: '',
  role: 'administrator',
  changes: true,
  input: shape,
  output: z.unknown(),
  run: () => undefined,
});
const fields = inputFields(sample);
const read = (given: Record<string, string[]>) => readInput(fields, new Map(Object.entries(given)));

describe('fields', () => {
  test('are those of the schema, each of the kind that it is', () => {
    assert.deepEqual(
      fields.map(({ name, kind, required }) => `${name} ${kind}${required ? ' required' : ''}`),
      [
        'name text required',
        'password secret required',
        'code secret',
        'size number',
        'ratio number',
        'on flag',
        'kind choice',
        'words texts',
        'kinds choices',
        'rest json',
      ],
    );
    assert.deepEqual(
      fields.flatMap(({ name, initial, help }) =>
        initial.length > 0 || help !== '' ? [[name, ...initial, help]] : [],
      ),
      [
        ['name', 'what it is called'],
        ['size', '7', ''],
        ['on', 'false', ''],
        ['words', 'x', ''],
      ],
    );
    assert.deepEqual(fields.find(({ name }) => name === 'kinds')?.choices, ['a', 'b']);
  });

  test('of an input that is no object with members there is one, for JSON', () => {
    const whole = inputFields({ ...sample, input: z.array(z.number()) });
    assert.deepEqual(
      whole.map(({ name, kind }) => [name, kind]),
      [['input', 'json']],
    );
    assert.deepEqual(readInput(whole, new Map([['input', ['[1, 2]']]])), [1, 2]);
  });

  test('every command has some, and what is called a password is a secret', () => {
    for (const each of allCommands.all()) {
      for (const { name, kind } of inputFields(each)) {
        if (/password/i.test(name) && kind === 'text') assert.fail(`${each.name}: ${name} is shown while it is typed`);
      }
    }
    for (const name of ['password', 'newPassword', 'pin', 'clientSecret']) assert.ok(isSecret(name, {}), name);
    for (const name of ['pinned', 'passwordChangedAt', 'spin']) assert.ok(!isSecret(name, {}), name);
  });
});

describe('reading', () => {
  test('what is left empty and need not be there is left out', () => {
    assert.deepEqual(read({ name: ['n'], password: ['p'], size: [''], kind: [], words: ['', 'y'] }), {
      name: 'n',
      password: 'p',
      words: ['y'],
    });
  });

  test('what cannot be read stays as it is, for the schema to say what is wrong', () => {
    const given = { size: ['many'], on: ['maybe'], rest: ['{'], name: ['a', 'b'], nonsense: ['1'], ratio: ['1e999'] };
    assert.deepEqual(read(given), {
      size: 'many',
      on: 'maybe',
      rest: '{',
      name: ['a', 'b'],
      nonsense: '1',
      ratio: '1e999',
    });
  });

  test('a field called __proto__ is a field', () => {
    const input = read({ ['__proto__']: ['{"admin":true}'] }) as { admin?: unknown };
    assert.equal(input.admin, undefined);
    assert.ok(Object.hasOwn(input, '__proto__'));
  });

  test('what the schema takes, written as texts and read, is the same', () => {
    const text = fc.string({ minLength: 1 });
    const input = fc.record(
      {
        name: text,
        password: text,
        size: fc.integer({ min: 0, max: 1000 }),
        on: fc.boolean(),
        kind: fc.constantFrom('a', 'b'),
        words: fc.array(text, { minLength: 1 }),
        kinds: fc.array(fc.constantFrom('a', 'b'), { minLength: 1 }),
        rest: fc.record({ deep: fc.array(fc.integer()) }, { noNullPrototype: true }),
      },
      { requiredKeys: ['name', 'password'], noNullPrototype: true },
    );
    fc.assert(
      fc.property(input, (value) => {
        const texts = Object.entries(value).map(([name, one]): [string, string[]] => {
          if (name === 'rest') return [name, [JSON.stringify(one)]];
          return [name, Array.isArray(one) ? one.map(String) : [String(one)]];
        });
        const again = readInput(fields, new Map(texts));
        assert.deepEqual(again, value);
        assert.ok(shape.safeParse(again).success);
      }),
    );
  });

  test('any texts at all are read', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.array(fc.string())), (given) => {
        shape.safeParse(read(given));
      }),
    );
  });
});
