import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { SipError } from '../wire/sip-error.ts';
import { readPidf } from './pidf.ts';
import { readPresRules } from './pres-rules.ts';
import { provide } from './pres-rules-apply.ts';

const ruleset = (inside: string) => `<?xml version="1.0" encoding="UTF-8"?>
  <cr:ruleset xmlns="urn:ietf:params:xml:ns:common-policy" xmlns:cr="urn:ietf:params:xml:ns:common-policy"
    xmlns:pr="urn:ietf:params:xml:ns:pres-rules" xmlns:ocp="urn:oma:xml:xdm:common-policy">${inside}</cr:ruleset>`;
const rule = (id: string, conditions: string, handling: string, transformations = '') =>
  `<rule id="${id}"><conditions>${conditions}</conditions><actions><pr:sub-handling>${handling}</pr:sub-handling></actions>
   <transformations>${transformations}</transformations></rule>`;
const one = (id: string) => `<identity><one id="${id}"/></identity>`;

const EXAMPLE = ruleset(
  rule(
    'a',
    one('sip:user@example.com'),
    'allow',
    `<pr:provide-services><pr:service-uri-scheme>sip</pr:service-uri-scheme><pr:service-uri-scheme>mailto</pr:service-uri-scheme>
     </pr:provide-services><pr:provide-persons><pr:all-persons/></pr:provide-persons>
     <pr:provide-activities>true</pr:provide-activities><pr:provide-user-input>bare</pr:provide-user-input>
     <pr:provide-unknown-attribute ns="urn:vendor-specific:foo-namespace" name="foo">true</pr:provide-unknown-attribute>`,
  ),
);

test('RFC 5025 §5: the example', () => {
  const rules = readPresRules(EXAMPLE);
  assert.deepEqual(rules[0]!.transformations, {
    services: [
      { by: 'service-uri-scheme', value: 'sip' },
      { by: 'service-uri-scheme', value: 'mailto' },
    ],
    persons: 'all',
    userInput: 'bare',
    attributes: ['activities'],
    unknownAttributes: [{ ns: 'urn:vendor-specific:foo-namespace', name: 'foo' }],
  });
  assert.deepEqual(rules[0]!.conditions, [
    { kind: 'identity', identities: [{ kind: 'one', id: 'sip:user@example.com' }] },
  ]);
  assert.equal(rules[0]!.handling, 'allow');
});

const CONDITIONS: [title: string, conditions: string, read: unknown][] = [
  ['RFC 4745 §7.1: many, but for some', '<identity><many domain="a.b"><except id="sip:c@a.b"/><except domain="d"/></many></identity>', {
    kind: 'identity',
    identities: [{ kind: 'many', domain: 'a.b', except: [{ kind: 'id', id: 'sip:c@a.b' }, { kind: 'domain', domain: 'd' }] }],
  }],
  ['§7.2: a sphere', '<sphere value="Work"/>', { kind: 'sphere', value: 'Work' }],
  ['§7.3: a time', '<validity><from>2026-01-01T00:00:00Z</from><until>2026-02-01T00:00:00Z</until></validity>', {
    kind: 'validity',
    periods: [{ fromAt: Date.UTC(2026, 0, 1), untilAt: Date.UTC(2026, 1, 1) }],
  }],
  ['OMA: a list elsewhere', '<ocp:external-list><ocp:entry anc="http://x/a"/></ocp:external-list>', { kind: 'external-list', anchors: ['http://x/a'] }],
  ['OMA: who has proved nothing', '<ocp:anonymous-request/>', { kind: 'anonymous-request' }],
  ['OMA: everybody else', '<ocp:other-identity/>', { kind: 'other-identity' }],
]; // biome-ignore format: a table

describe('conditions', () => {
  for (const [title, conditions, read] of CONDITIONS) {
    test(title, () => assert.deepEqual(readPresRules(ruleset(rule('r', conditions, 'allow')))[0]!.conditions, [read]));
  }
  test('a condition of nobody is kept as such', () => {
    assert.equal(readPresRules(ruleset(rule('r', '<x xmlns="urn:x"/>', 'allow')))[0]!.conditions[0]!.kind, 'unknown');
  });
});

const PIDF = readPidf(`<presence xmlns="urn:ietf:params:xml:ns:pidf" xmlns:dm="urn:ietf:params:xml:ns:pidf:data-model"
  xmlns:r="urn:ietf:params:xml:ns:pidf:rpid" entity="sip:a@example.com">
  <tuple id="sip1"><status><basic>open</basic><show xmlns="jabber:client">away</show><x xmlns="urn:x"/></status>
    <r:class>biz</r:class><dm:deviceID>urn:d:1</dm:deviceID><contact>sip:a@example.com</contact><note>n</note></tuple>
  <tuple id="tel1"><status><basic>open</basic></status><contact>tel:123</contact></tuple>
  <note>n</note>
  <dm:person id="p"><r:activities><r:away/></r:activities><r:mood><r:happy/></r:mood>
    <r:user-input idle-threshold="600" last-input="2026-01-01T00:00:00Z">idle</r:user-input><foo xmlns="urn:x"/></dm:person>
  <dm:device id="d"><dm:deviceID>urn:d:1</dm:deviceID></dm:device></presence>`);

const show = (transformations: string) =>
  provide(PIDF, readPresRules(ruleset(rule('r', '', 'allow', transformations)))[0]!.transformations);
const ids = (transformations: string) => {
  const { tuples, persons, devices } = show(transformations);
  return [...tuples, ...persons, ...devices].map(({ id }) => id);
};

describe('RFC 5025 §3.3: what is provided', () => {
  const ALL = `<pr:provide-services><pr:all-services/></pr:provide-services><pr:provide-persons><pr:all-persons/></pr:provide-persons>
    <pr:provide-devices><pr:all-devices/></pr:provide-devices>`;
  const SELECTIONS: [inside: string, selected: string[]][] = [
    ['', []],
    [ALL, ['sip1', 'tel1', 'p', 'd']],
    ['<pr:provide-services><pr:service-uri-scheme>tel</pr:service-uri-scheme></pr:provide-services>', ['tel1']],
    ['<pr:provide-services><pr:service-uri>sip:a@example.com</pr:service-uri></pr:provide-services>', ['sip1']],
    ['<pr:provide-services><pr:class>biz</pr:class></pr:provide-services>', ['sip1']],
    ['<pr:provide-services><pr:occurrence-id>tel1</pr:occurrence-id></pr:provide-services>', ['tel1']],
    ['<pr:provide-devices><pr:deviceID>urn:d:1</pr:deviceID></pr:provide-devices>', ['d']],
  ]; // biome-ignore format: a table
  for (const [inside, selected] of SELECTIONS) test(inside, () => assert.deepEqual(ids(inside), selected));

  test('§3.3.2: without attributes there is basic status, contact and nothing else', () => {
    const { tuples, persons, notes } = show(ALL);
    const contact = { uri: 'sip:a@example.com' };
    assert.deepEqual(tuples[0], { id: 'sip1', notes: {}, extra: [], statusExtra: [], basic: 'open', contact });
    assert.deepEqual(persons[0], { id: 'p', notes: {}, extra: [] });
    assert.deepEqual(notes, {});
  });
  test('§3.3.2: attributes one by one', () => {
    const { persons } =
      show(`${ALL}<pr:provide-mood>true</pr:provide-mood><pr:provide-activities>false</pr:provide-activities>
      <pr:provide-user-input>thresholds</pr:provide-user-input>
      <pr:provide-unknown-attribute ns="urn:x" name="foo">true</pr:provide-unknown-attribute>`);
    assert.deepEqual(
      persons[0]!.extra.map(({ name }) => name),
      ['mood', 'foo'],
    );
    assert.equal(persons[0]!.activities, undefined);
    assert.deepEqual(persons[0]!.userInput, { state: 'idle', idleThresholdSeconds: 600 });
  });
  test('§3.3.2.16: all attributes', () => assert.deepEqual(show(`${ALL}<pr:provide-all-attributes/>`), PIDF));
});

const REFUSED: [title: string, body: string, reason: string][] = [
  ['a rule without id', ruleset('<rule/>'), 'Bad presence rules: a rule has no id'],
  ['an id twice', ruleset('<rule id="a"/><rule id="a"/>'), 'Bad presence rules: two rules have the same id'],
  ['another handling', ruleset(rule('a', '', 'perhaps')), 'Bad presence rules: sub-handling is block, confirm, polite-block or allow'],
  ['one without id', ruleset(rule('a', '<identity><one/></identity>', 'allow')), 'Bad presence rules: one has no id'],
  ['half a period', ruleset(rule('a', '<validity><from>2026-01-01T00:00:00Z</from></validity>', 'allow')), 'Bad presence rules: a validity is not pairs of from and until'],
  ['too many', ruleset(Array.from({ length: 2001 }, (_, i) => `<rule id="r${i}"/>`).join('')), 'Bad presence rules: there are more than 2000'],
]; // biome-ignore format: a table

describe('rules that are refused', () => {
  for (const [title, body, reason] of REFUSED) {
    test(title, () => {
      assert.throws(
        () => readPresRules(body),
        (error) => error instanceof SipError && error.status === 400 && error.reason === reason,
      );
    });
  }
});
