import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readDocument } from '#xml/document.ts';
import { serialize } from '#xml/serializer.ts';
import { DOCUMENT_LIMITS } from '../../xcap/fragment.ts';
import { XcapError, type XcapFaultKind } from '../../xcap/xcap-error.ts';
import { readPermissions } from './permissions.ts';
import { writePresRules } from './pres-rules-writer.ts';

const OWN = 'romeo@example.test';
const ALL =
  '<transformations><pr:provide-services><pr:all-services/></pr:provide-services>' +
  '<pr:provide-persons><pr:all-persons/></pr:provide-persons>' +
  '<pr:provide-devices><pr:all-devices/></pr:provide-devices><pr:provide-all-attributes/></transformations>';
const parse = (rules: string) =>
  readDocument(
    `<ruleset xmlns="urn:ietf:params:xml:ns:common-policy" xmlns:pr="urn:ietf:params:xml:ns:pres-rules">${rules}</ruleset>`,
    DOCUMENT_LIMITS,
  ).root;
const one = (person: string) => `<one id="sip:${person}@example.test"/>`;
const rule = (id: string, handling: string, conditions: string, rest = handling === 'allow' ? ALL : '') =>
  `<rule id="${id}"><conditions>${conditions}</conditions><actions><pr:sub-handling>${handling}</pr:sub-handling></actions>${rest}</rule>`;
const about = (...whom: string[]) => `<identity>${whom.join('')}</identity>`;
const set = (...people: string[]) =>
  new Set(people.map((person) => (person.includes('.') ? person : `${person}@example.test`)));
const write = (allowed: string[], blocked: string[], kept?: string) => {
  const root = writePresRules(
    { allowed: set(...allowed), blocked: set(...blocked) },
    OWN,
    kept === undefined ? undefined : parse(kept),
  );
  return root && serialize(root);
};
const read = (rules: string) => {
  const { allowed, blocked } = readPermissions(parse(rules));
  return { allowed: [...allowed], blocked: [...blocked] };
};

test('RFC 5025: who is allowed and who is blocked are rules, and all others are asked about', () => {
  const expected = serialize(
    parse(
      rule('allow', 'allow', about(one('juliet'), one('nurse'))) +
        rule('block', 'block', about('<many domain="evil.test"/>', one('tybalt'))) +
        rule(
          'confirm',
          'confirm',
          about('<many><except domain="evil.test"/><except id="sip:tybalt@example.test"/></many>'),
        ),
    ),
  );
  const written = write(['nurse', 'juliet'], ['tybalt', 'evil.test']);
  assert.equal(written, expected);
  const { allowed, blocked } = readPermissions(readDocument(written!, DOCUMENT_LIMITS).root);
  assert.deepEqual([allowed, blocked], [set('juliet', 'nurse'), set('evil.test', 'tybalt')]);
  assert.equal(write([], []), undefined);
});

test('what a client has put is served as it was put, as long as it says what is so', () => {
  const kept =
    rule('friends', 'allow', about(one('juliet'), one('romeo'))) +
    rule('pres_blacklist', 'polite-block', `<x:other xmlns:x="test:x"/>`) +
    rule('enemies', 'block', about(one('tybalt'))) +
    rule('ask', 'confirm', about(one('paris'), '<many><except id="sip:tybalt@example.test"/></many>')) +
    '<rule id="empty"/>';
  assert.equal(write(['juliet'], ['tybalt'], kept), serialize(parse(kept)));
});

test('what has changed elsewhere is changed in it', () => {
  const kept =
    rule('friends', 'allow', about(one('juliet'))) +
    rule('enemies', 'block', about(one('tybalt'))) +
    rule('ask', 'confirm', about(one('paris'), '<many><except id="sip:tybalt@example.test"/></many>'));
  assert.equal(
    write(['juliet', 'nurse'], ['paris'], kept),
    serialize(
      parse(
        rule('friends', 'allow', about(one('juliet'), one('nurse'))) +
          rule(
            'ask',
            'confirm',
            about('<many><except id="sip:tybalt@example.test"/><except id="sip:paris@example.test"/></many>'),
          ) +
          rule('block', 'block', about(one('paris'))),
      ),
    ),
  );
  // An id that is taken is not given to another rule.
  const taken = write(['juliet'], [], rule('allow', 'confirm', about(one('paris'))))!;
  assert.deepEqual(
    [...taken.matchAll(/rule id='([^']+)'/g)].map(([, id]) => id),
    ['allow', 'allow-2'],
  );
});

test('RFC 4745 §10.2: of several rules the most generous holds; who is blocked by name is blocked all the same', () => {
  assert.deepEqual(
    read(
      rule('a', 'block', about(one('juliet'), one('tybalt'), one('nurse'))) +
        rule('b', 'allow', about(one('juliet'))) +
        rule('c', 'confirm', about(one('nurse'), '<many/>')),
    ),
    { allowed: ['juliet@example.test'], blocked: ['tybalt@example.test'] },
  );
  assert.deepEqual(read(rule('a', 'block', about('<many domain="EVIL.test"/>'))), {
    allowed: [],
    blocked: ['evil.test'],
  });
});

test('RFC 5025: what contact list and block list cannot hold is a rule beside them', () => {
  const { allowed, blocked, rules } = readPermissions(
    parse(
      rule(
        'part',
        'allow',
        about(one('juliet')),
        '<transformations><pr:provide-mood>true</pr:provide-mood></transformations>',
      ) +
        rule('all', 'allow', about(one('juliet'), one('nurse'))) +
        rule(
          'firm',
          'allow',
          `${about('<many domain="Firm.test"><except id="sip:x@firm.test"/></many>')}<sphere value="work"/>`,
        ) +
        rule('polite', 'polite-block', about(one('paris'))) +
        rule('enemies', 'block', about(one('tybalt'))),
    ),
  );
  assert.deepEqual([allowed, blocked], [set('juliet', 'nurse'), set('tybalt')]);
  assert.deepEqual(
    rules.map(({ portion: _, ...rule }) => rule),
    [
      // She is shown all, for a part of it would be less.
      { id: 'all', handling: 'allow', whom: [{ kind: 'one', address: 'juliet@example.test' }] },
      { id: 'part', handling: 'allow', whom: [{ kind: 'one', address: 'juliet@example.test' }] },
      {
        id: 'firm',
        handling: 'allow',
        whom: [{ kind: 'many', domain: 'firm.test', except: ['x@firm.test'] }],
        spheres: ['work'],
      },
      { id: 'polite', handling: 'polite-block', whom: [{ kind: 'one', address: 'paris@example.test' }] },
    ],
  );
});

test('rules beside the lists are served as they were put, without those who are contacts no longer', () => {
  const part = (...whom: string[]) =>
    rule('part', 'allow', about(...whom), '<transformations><pr:provide-mood>true</pr:provide-mood></transformations>');
  const others =
    rule('firm', 'allow', about('<many domain="example.test"/>')) +
    rule('polite', 'polite-block', about(one('paris'))) +
    rule('night', 'block', `${about(one('tybalt'))}<sphere value="home"/>`);
  const kept = part(one('juliet'), one('nurse')) + others;
  // All of them may watch: Paris does not hear that he is blocked, and the others are of the firm.
  assert.equal(write(['juliet', 'nurse', 'paris', 'tybalt'], [], kept), serialize(parse(kept)));
  assert.equal(write(['nurse'], [], kept), serialize(parse(part(one('nurse')) + others)));
  // Who is allowed elsewhere sees all, and so is in a rule that gives all.
  assert.equal(
    write(['juliet', 'tybalt'], [], part(one('juliet'))),
    serialize(parse(part(one('juliet')) + rule('allow', 'allow', about(one('tybalt'))))),
  );
});

test('RFC 4745, RFC 5025: what a contact list and a block list cannot say is refused', () => {
  const cases: [fault: XcapFaultKind, rules: string][] = [
    ['schema-validation-error', '<list/>'],
    ['schema-validation-error', '<rule/>'],
    ['schema-validation-error', '<rule id="a"/><rule id="a"/>'],
    ['schema-validation-error', '<rule id="a"><actions/><actions/></rule>'],
    ['schema-validation-error', '<rule id="a"><when/></rule>'],
    ['schema-validation-error', rule('a', 'maybe', about(one('juliet')))],
    ['schema-validation-error', rule('a', 'allow', about('<one/>'))],
    ['schema-validation-error', rule('a', 'allow', about('<some/>'))],
    [
      'schema-validation-error',
      rule('a', 'allow', `${about(one('juliet'))}<validity><from>2026-01-01T00:00:00Z</from></validity>`),
    ],
    ['constraint-failure', rule('a', 'allow', `<x:list xmlns:x="test:x"/>`)],
    ['constraint-failure', rule('a', 'allow', about('<one id="tel:+1212"/>'))],
    [
      'constraint-failure',
      rule('a', 'block', about('<many domain="example.test"/>')) + rule('b', 'allow', about(one('juliet'))),
    ],
  ];
  for (const [fault, rules] of cases) {
    assert.throws(
      () => read(rules),
      (error) => error instanceof XcapError && error.fault.kind === fault,
      rules,
    );
  }
});
