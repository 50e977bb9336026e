import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { SipError } from '../wire/sip-error.ts';
import { readPidf } from './pidf.ts';
import { readPresRules } from './pres-rules.ts';
import { provide } from './pres-rules-apply.ts';
import { decide, type RuleContext } from './pres-rules-decide.ts';
import { writePresRules } from './pres-rules-writer.ts';

const NOW = Date.UTC(2026, 0, 15, 12);
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
  assert.deepEqual(readPresRules(writePresRules(rules)), rules);
  assert.equal(decide(rules, { watcher: 'sip:user@example.com', now: NOW }).handling, 'allow');
});

const ANYONE = 'sip:bob@example.com';
const VALID = '<validity><from>2026-01-01T00:00:00Z</from><until>2026-02-01T00:00:00Z</until></validity>';
const CONDITIONS: [title: string, conditions: string, watcher: string | undefined, handling: string, sphere?: string][] = [
  ['RFC 4745 §7: no condition holds always', '', ANYONE, 'allow'],
  ['§7.1: one', one(ANYONE), ANYONE, 'allow'],
  ['another', one('sip:alice@example.com'), ANYONE, 'block'],
  ['the same by another scheme', one('pres:Bob@EXAMPLE.com'), 'sips:bob@example.com:5061;transport=tls', 'allow'],
  ['a number in another form', one('tel:+1-201-555'), 'tel:+1201555', 'allow'],
  ['§7.1: nobody who has proved nothing is one', one(ANYONE), undefined, 'block'],
  ['§7.1: many', '<identity><many/></identity>', ANYONE, 'allow'],
  ['§7.1: many are not those who have proved nothing', '<identity><many/></identity>', undefined, 'block'],
  ['of a domain', '<identity><many domain="example.com"/></identity>', ANYONE, 'allow'],
  ['of another domain', '<identity><many domain="example.org"/></identity>', ANYONE, 'block'],
  ['but one', `<identity><many domain="example.com"><except id="${ANYONE}"/></many></identity>`, ANYONE, 'block'],
  ['but a domain', '<identity><many><except domain="Example.com"/></many></identity>', ANYONE, 'block'],
  ['one identity is enough', `<identity><one id="sip:a@b"/><many domain="example.com"/></identity>`, ANYONE, 'allow'],
  ['all conditions have to hold', `${one(ANYONE)}<sphere value="home"/>`, ANYONE, 'block', 'work'],
  ['§7.2: the sphere', '<sphere value="Work"/>', ANYONE, 'allow', 'work'],
  ['§7.2: no sphere is known', '<sphere value="work"/>', ANYONE, 'block'],
  ['§7.3: in time', VALID, ANYONE, 'allow'],
  ['§7.3: too late', VALID.replaceAll('2026', '2025'), ANYONE, 'block'],
  ['a condition of nobody', '<x xmlns="urn:x"/>', ANYONE, 'block'],
  ['OMA: a list elsewhere', '<ocp:external-list><ocp:entry anc="http://x/friends"/></ocp:external-list>', ANYONE, 'allow'],
  ['OMA: another list', '<ocp:external-list><ocp:entry anc="http://x/foes"/></ocp:external-list>', ANYONE, 'block'],
  ['OMA: who has proved nothing', '<ocp:anonymous-request/>', undefined, 'allow'],
  ['OMA: who has', '<ocp:anonymous-request/>', ANYONE, 'block'],
  ['OMA: everybody else', '<ocp:other-identity/>', ANYONE, 'allow'],
]; // biome-ignore format: a table

describe('conditions', () => {
  for (const [title, conditions, watcher, handling, sphere] of CONDITIONS) {
    test(title, () => {
      const rules = readPresRules(ruleset(rule('r', conditions, 'allow')));
      assert.deepEqual(readPresRules(writePresRules(rules)), rules);
      const context: RuleContext = { watcher, now: NOW, sphere, isInList: (anchor) => anchor.endsWith('friends') };
      assert.equal(decide(rules, context).handling, handling);
    });
  }
});

test('RFC 4745 §10, RFC 5025 §3.2.1: the most generous of all rules that hold', () => {
  const rules = readPresRules(
    ruleset(
      rule('a', one(ANYONE), 'polite-block', '<pr:provide-mood>true</pr:provide-mood>') +
        rule('b', one(ANYONE), 'confirm', '<pr:provide-user-input>thresholds</pr:provide-user-input>') +
        rule('c', one('sip:x@y'), 'allow', '<pr:provide-all-attributes/>') +
        rule('d', '<ocp:other-identity/>', 'allow'),
    ),
  );
  assert.deepEqual(decide(rules, { watcher: ANYONE, now: NOW }), {
    handling: 'polite-block',
    provided: { attributes: ['mood'], unknownAttributes: [], userInput: 'thresholds' },
    rules: ['a', 'b'],
  });
  assert.deepEqual(decide(rules, { watcher: 'sip:z@y', now: NOW }).rules, ['d']);
  assert.equal(decide([], { watcher: ANYONE, now: NOW }).handling, 'block');
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
