/** IM addresses in files: what people write, and what the server keeps. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { escapeLocal, isContactDomain, joinAddress, readAddress, splitAddress, unescapeLocal } from './im-address.ts';

test('XEP-0106 §4: what is escaped is read back the same, and holds nothing that divides addresses', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      const escaped = escapeLocal(text);
      assert.equal(unescapeLocal(escaped), text);
      assert.doesNotMatch(escaped, /[ "&'/:<>@]/);
    }),
  );
});

test('a name may hold an @, and the last one divides', () => {
  assert.equal(joinAddress('MLopez@emea', 'Example.ORG'), 'mlopez\\40emea@example.org');
  assert.equal(readAddress('mlopez@emea@example.org'), 'mlopez\\40emea@example.org');
  assert.deepEqual(splitAddress('mlopez\\40emea@example.org'), { name: 'mlopez@emea', domain: 'example.org' });
  for (const text of ['', 'x', '@x', 'x@', 'x@y z', 'x@-y']) assert.equal(readAddress(text), undefined, text);
});

test('the domain of a contact has labels of letters, digits and hyphens, and ends with letters', () => {
  for (const good of ['example.org', 'a-b.example.org', '1.example.org', 'localhost']) assert.ok(isContactDomain(good));
  const bad = [
    '',
    'x',
    'exa_mple.org',
    '-x.org',
    'x-.org',
    'x..org',
    'x.o1',
    'x.o',
    '10.0.0.1',
    `${'x'.repeat(64)}.org`,
  ];
  for (const domain of bad) assert.ok(!isContactDomain(domain), domain);
});
