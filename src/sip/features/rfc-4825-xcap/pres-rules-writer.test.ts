import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readDocument } from '#xml/document.ts';
import { serialize } from '#xml/serializer.ts';
import { DOCUMENT_LIMITS } from '../../xcap/fragment.ts';
import { XcapError, type XcapFaultKind } from '../../xcap/xcap-error.ts';
import { readPresRules } from './pres-rules-reader.ts';
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
  const { allowed, blocked } = readPresRules(parse(rules));
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
  const { allowed, blocked } = readPresRules(readDocument(written!, DOCUMENT_LIMITS).root);
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
  assert.deepEqual(read(rule('a', 'polite-block', about('<many domain="EVIL.test"/>'))), {
    allowed: [],
    blocked: ['evil.test'],
  });
  // Others are asked about, which shows them nothing either.
  assert.deepEqual(read(rule('a', 'block', '') + rule('b', 'block', about('<many/>'))), { allowed: [], blocked: [] });
});

test('RFC 4745, RFC 5025: what a contact list and a block list cannot say is refused', () => {
  const person = '<pr:provide-persons><pr:all-persons/></pr:provide-persons>';
  const cases: [fault: XcapFaultKind, rules: string][] = [
    ['schema-validation-error', '<list/>'],
    ['schema-validation-error', '<rule/>'],
    ['schema-validation-error', '<rule id="a"/><rule id="a"/>'],
    ['schema-validation-error', '<rule id="a"><actions/><actions/></rule>'],
    ['schema-validation-error', '<rule id="a"><when/></rule>'],
    ['schema-validation-error', rule('a', 'maybe', about(one('juliet')))],
    ['schema-validation-error', rule('a', 'allow', about('<one/>'))],
    ['schema-validation-error', rule('a', 'allow', about('<some/>'))],
    ['constraint-failure', rule('a', 'allow', '')],
    ['constraint-failure', rule('a', 'allow', about('<many/>'))],
    ['constraint-failure', rule('a', 'allow', about('<many domain="example.test"/>'))],
    ['constraint-failure', rule('a', 'allow', about(one('juliet')), '')],
    ['constraint-failure', rule('a', 'allow', about(one('juliet')), `<transformations>${person}</transformations>`)],
    ['constraint-failure', rule('a', 'allow', `${about(one('juliet'))}<sphere value="work"/>`)],
    [
      'constraint-failure',
      rule('a', 'allow', `${about(one('juliet'))}<validity><from>2026-01-01T00:00:00Z</from></validity>`),
    ],
    ['constraint-failure', rule('a', 'allow', `<x:list xmlns:x="test:x"/>`)],
    ['constraint-failure', rule('a', 'allow', about('<one id="tel:+1212"/>'))],
    ['constraint-failure', rule('a', 'block', about('<many domain="a.test"><except id="sip:b@a.test"/></many>'))],
    ['constraint-failure', rule('a', 'block', `${about(one('juliet'))}<sphere value="work"/>`)],
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
