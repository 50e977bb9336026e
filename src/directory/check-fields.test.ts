import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { checkAdded, checkUpdated, readUuid } from './check-fields.ts';
import { DirectoryError } from './directory-error.ts';
import { kinds } from './kinds.ts';
import { type FieldValue, kindNames } from './object.ts';
import { type StoredObject, scopeKeyOf, toDirectoryObject } from './stored-object.ts';

const UUID = '0123abcd-0000-1111-2222-0123456789ab';

test('a uuid is taken with and without braces, in any case', () => {
  for (const text of [UUID, `{${UUID}}`, `{${UUID.toUpperCase()}}`]) assert.equal(readUuid(text), UUID);
  for (const text of ['', 'x', `${UUID}0`, UUID.slice(1)]) assert.equal(readUuid(text), undefined);
});

test('references are taken apart with the place that they are named in', () => {
  const { plain, references } = checkAdded('Phone', {
    name: 'SEP1',
    product: 'Cisco 7965',
    ownerUserName: 'ana',
    lines: [
      {
        index: 1,
        dirn: { pattern: '4711', routePartitionName: 'Internal' },
        associatedEndusers: ['ana', { uuid: UUID }],
      },
    ],
  });
  assert.deepEqual(plain.lines, [{ index: 1, associatedEndusers: [null, null] }]);
  assert.deepEqual(
    references.map(({ path, to, named }) => [path, to, named]),
    [
      ['ownerUserName', 'User', { name: 'ana' }],
      ['lines.0.dirn', 'Line', { name: '4711', within: { routePartitionName: 'Internal' } }],
      ['lines.0.associatedEndusers.0', 'User', { name: 'ana' }],
      ['lines.0.associatedEndusers.1', 'User', { uuid: UUID }],
    ],
  );
});

test('an update takes what is named alone, and fills no default in; an emptied field with a default has that', () => {
  const { plain, given, secrets } = checkUpdated('User', {
    title: 'x',
    department: '',
    enableCti: null,
    firstName: undefined,
    password: 'secret',
    pin: '',
  });
  assert.deepEqual(plain, { title: 'x', enableCti: true });
  assert.deepEqual([...given].sort(), ['department', 'enableCti', 'title']);
  assert.deepEqual(
    [...secrets],
    [
      ['password', 'secret'],
      ['pin', undefined],
    ],
  );
});

test('every kind has its key among its fields, and what it is unique within', () => {
  for (const name of kindNames) {
    const { key, within, fields } = kinds[name];
    assert.ok(fields[key]?.key, name);
    assert.ok(within.every((part) => fields[part] !== undefined));
  }
  assert.equal(scopeKeyOf('Line', { routePartitionName: 'Internal' }), 'internal');
  assert.equal(scopeKeyOf('User', {}), '');
});

const anyValue: fc.Arbitrary<FieldValue> = fc.letrec<{ value: FieldValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    fc.constantFrom<FieldValue>(null, true, false, '', '\0', '\ud800', UUID, '__proto__'),
    fc.string(),
    fc.double(),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom('uuid', 'name', 'dirn', 'pattern', '__proto__', 'x'), tie('value'), { maxKeys: 3 }),
  ),
})).value;

test('whatever is given is taken or refused with 5003, and what was taken can be shown', () => {
  fc.assert(
    fc.property(fc.constantFrom(...kindNames), fc.infiniteStream(anyValue), (kind, values) => {
      const fields = Object.fromEntries(
        Object.entries(kinds[kind].fields)
          .filter(([, field]) => !field.readOnly)
          .map(([name]) => [name, values.next().value as FieldValue]),
      );
      for (const [name, value] of Object.entries(fields)) {
        try {
          const { plain } = checkUpdated(kind, { [name]: value });
          const stored: StoredObject = {
            id: 1,
            kind,
            uuid: UUID,
            name: 'x',
            nameKey: 'x',
            scopeKey: '',
            revision: 1,
            plain: JSON.parse(JSON.stringify(plain)),
            references: [],
          };
          toDirectoryObject(stored);
        } catch (error) {
          assert.ok(error instanceof DirectoryError, String(error));
          assert.equal(error.code, 5003);
        }
      }
    }),
    { numRuns: 300 },
  );
});
