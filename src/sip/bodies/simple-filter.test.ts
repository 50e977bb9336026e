import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { readDocument } from '#xml/document.ts';
import { serialize } from '#xml/serializer.ts';
import { SipError } from '../wire/sip-error.ts';
import { filterElement, filterPidf, isTriggered } from './filter-apply.ts';
import { parseFilterPath } from './filter-path.ts';
import { selectNodes } from './filter-select.ts';
import { readPidf } from './pidf.ts';
import { filtersFor, mergeFilters, readFilterSet } from './simple-filter.ts';

const SET = (inside: string) => `<?xml version="1.0" encoding="UTF-8"?>
  <filter-set xmlns="urn:ietf:params:xml:ns:simple-filter"><ns-bindings>
    <ns-binding prefix="pidf" urn="urn:ietf:params:xml:ns:pidf"/><ns-binding prefix="rpid" urn="urn:ietf:params:xml:ns:pidf:rpid"/>
    <ns-binding prefix="dm" urn="urn:ietf:params:xml:ns:pidf:data-model"/></ns-bindings>${inside}</filter-set>`;
const filters = (inside: string) => readFilterSet(SET(`<filter id="1">${inside}</filter>`)).filters;

const document = (inside: string) =>
  readDocument(
    `<presence xmlns="urn:ietf:params:xml:ns:pidf" xmlns:r="urn:ietf:params:xml:ns:pidf:rpid"
      xmlns:dm="urn:ietf:params:xml:ns:pidf:data-model" entity="sip:a">${inside}</presence>`,
    { maxDepth: 20, maxAttributes: 20, maxElements: 500 },
  ).root;
const DOC =
  document(`<tuple id="a"><status><basic>open</basic></status><r:class>IM</r:class><contact priority="0.8">sip:a</contact></tuple>
  <tuple id="b"><status><basic>closed</basic></status><r:class>MMS</r:class><note>n</note></tuple>
  <dm:person id="p"><r:activities><r:away/></r:activities></dm:person>`);

const resolve = (prefix: string) =>
  ({ p: 'urn:ietf:params:xml:ns:pidf', r: 'urn:ietf:params:xml:ns:pidf:rpid', '': 'urn:ietf:params:xml:ns:pidf' })[
    prefix
  ];
const PATHS: [path: string, found: string][] = [
  ['/p:presence/p:tuple/p:status/p:basic', 'basic basic'],
  ['//p:tuple', 'tuple tuple'],
  ['//tuple[r:class="IM"]/contact', 'contact'],
  ["/p:presence/*/r:activities/r:*", 'away'],
  ['//*[@id="b"]', 'tuple'],
  ['//p:tuple[2]/p:note', 'note'],
  ['//p:contact/@priority', 'contact@priority'],
  ['//p:tuple[p:status/p:basic="open" and r:class="IM"]', 'tuple'],
  ['//p:tuple[p:note or (r:class="IM" and p:status)]', 'tuple tuple'],
  ['//p:contact[@priority>0.5]', 'contact'],
  ['//p:contact[@priority<=0.5]', ''],
  ['//p:basic[.!="open"]', 'basic'],
  ['//p:tuple[p:contact][1]/p:contact', 'contact'],
  ['//p:tuple//*', 'status basic class contact status basic class note'],
  ['p:tuple/p:note', 'note'],
]; // biome-ignore format: a table

describe('RFC 4661 §5: paths', () => {
  for (const [path, found] of PATHS) {
    test(path, () => {
      const selected = selectNodes(DOC, parseFilterPath(path, resolve));
      const names = selected.map(
        ({ element, attribute }) => element.name + (attribute === undefined ? '' : `@${attribute}`),
      );
      assert.deepEqual(names.sort(), found.split(' ').filter(Boolean).sort());
    });
  }
  for (const path of [
    '',
    '/',
    '//',
    '/a[',
    '/a[b=]',
    '/a[b="c]',
    '/a b',
    '/a[not(b)]',
    '/a[//b]',
    `/a${'[b'.repeat(20)}`,
    '/a/'.repeat(200),
    '/x:a',
    '/a|/b',
  ]) {
    test(`${path.slice(0, 30)} is not understood`, () => {
      assert.throws(
        () => parseFilterPath(path, resolve),
        (error) => error instanceof SipError && error.status === 488,
      );
    });
  }
});

const shown = (what: string) =>
  serialize(filterElement(DOC, filters(`<what>${what}</what>`)), 'urn:ietf:params:xml:ns:pidf').replace(
    / xmlns='[^']*'/g,
    '',
  );
const WHATS: [title: string, what: string, result: string][] = [
  ['an element, and those around it', '<include>/pidf:presence/pidf:tuple[rpid:class="IM"]/pidf:status/pidf:basic</include>', "<presence entity='sip:a'><tuple id='a'><status><basic>open</basic></status></tuple></presence>"],
  ['what the schema asks for is there', '<include type="xpath">//pidf:note</include>', "<presence entity='sip:a'><tuple id='b'><status/><note>n</note></tuple></presence>"],
  ['a namespace', '<include type="namespace">urn:ietf:params:xml:ns:pidf:data-model</include>', "<presence entity='sip:a'><person id='p'><activities><away/></activities></person></presence>"],
  ['all but something', '<exclude>//pidf:tuple</exclude>', "<presence entity='sip:a'><person id='p'><activities><away/></activities></person></presence>"],
  ['some, but for something in it', '<include>//pidf:tuple[@id="a"]</include><exclude type="namespace">urn:ietf:params:xml:ns:pidf:rpid</exclude><exclude>//pidf:contact</exclude>', "<presence entity='sip:a'><tuple id='a'><status><basic>open</basic></status></tuple></presence>"],
  ['nothing', '<include>//pidf:nothing</include>', "<presence entity='sip:a'/>"],
]; // biome-ignore format: a table

describe('RFC 4661 §3.4: what is shown', () => {
  for (const [title, what, result] of WHATS) test(title, () => assert.equal(shown(what), result));

  test('a filter without what shows everything', () => assert.equal(filterElement(DOC, filters('')), DOC));
  test('of a presence document, too', () => {
    const pidf = readPidf(
      `<presence xmlns="urn:ietf:params:xml:ns:pidf" entity="sip:a"><tuple id="a"><status/><note>x</note></tuple></presence>`,
    );
    const { tuples } = filterPidf(pidf, filters('<what><exclude>//note</exclude></what>'));
    assert.deepEqual(tuples, [{ id: 'a', notes: {}, extra: [], statusExtra: [] }]);
  });
});

const status = (basic: string, more = '') =>
  document(
    `${more}<tuple id="a"><status><basic>${basic}</basic></status><contact priority="0.${basic.length}">x</contact></tuple>`,
  );
const BASIC = '/pidf:presence/pidf:tuple/pidf:status/pidf:basic';
const TRIGGERS: [title: string, triggers: string, isTold: boolean][] = [
  ['changed', `<trigger><changed>${BASIC}</changed></trigger>`, true],
  ['changed from and to', `<trigger><changed from="CLOSED" to="OPEN">${BASIC}</changed></trigger>`, true],
  ['changed to something else', `<trigger><changed to="closed">${BASIC}</changed></trigger>`, false],
  ['changed by so much', '<trigger><changed by="0.2">//pidf:contact/@priority</changed></trigger>', true],
  ['changed by less', '<trigger><changed by="0.5">//pidf:contact/@priority</changed></trigger>', false],
  ['added', '<trigger><added>//pidf:tuple</added></trigger>', true],
  ['something else was added', '<trigger><added>//pidf:note</added></trigger>', false],
  ['removed', '<trigger><removed>//pidf:tuple</removed></trigger>', false],
  ['all of one trigger', `<trigger><changed>${BASIC}</changed><added>//pidf:note</added></trigger>`, false],
  ['one of two triggers', `<trigger><changed>${BASIC}</changed></trigger><trigger><added>//pidf:note</added></trigger>`, true],
  ['no trigger', '', true],
]; // biome-ignore format: a table

describe('RFC 4661 §3.6: when it is told', () => {
  const before = status('closed');
  const after = status('open', '<tuple id="new"><status/></tuple>');
  for (const [title, triggers, isTold] of TRIGGERS) {
    test(title, () => assert.equal(isTriggered(filters(triggers), before, after), isTold));
  }
  test('removed, the other way round', () => {
    assert.equal(isTriggered(filters('<trigger><removed>//pidf:tuple</removed></trigger>'), after, before), true);
  });
  test('the first time always', () => {
    assert.equal(isTriggered(filters('<trigger><added>//pidf:note</added></trigger>'), undefined, after), true);
  });
});

test('RFC 4661 §3.3: the nearest filters hold', () => {
  const set = readFilterSet(
    SET(
      '<filter id="1"/><filter id="2" domain="Example.com"/><filter id="3" uri="sip:a@example.com"/><filter id="4" enabled="false" uri="sip:b@x"/>',
    ),
  ).filters;
  const ids = (uri: string) => filtersFor(set, uri).map(({ id }) => id);
  assert.deepEqual(ids('sip:a@example.com'), ['3']);
  assert.deepEqual(ids('sip:c@example.com;x'), ['2']);
  assert.deepEqual(ids('sip:b@x'), ['1']);
});

test('RFC 4660 §5.2: later filters are added, replaced and removed by their id', () => {
  const before = readFilterSet(SET('<filter id="1"/><filter id="2"/>')).filters;
  const next = readFilterSet(SET('<filter id="1" remove="true"/><filter id="2" domain="x"/><filter id="3"/>')).filters;
  assert.deepEqual(
    mergeFilters(before, next).map(({ id, domain }) => [id, domain]),
    [
      ['2', 'x'],
      ['3', undefined],
    ],
  );
});

const REFUSED: [title: string, body: string, status: number, reason: string][] = [
  ['no XML', '', 400, 'Bad filter: there is no element'],
  ['a filter without id', SET('<filter/>'), 400, 'Bad filter: a filter has no id'],
  ['an id twice', SET('<filter id="1"/><filter id="1"/>'), 400, 'Bad filter: two filters have the same id'],
  ['a binding without urn', '<filter-set xmlns="urn:ietf:params:xml:ns:simple-filter"><ns-bindings><ns-binding prefix="a"/></ns-bindings></filter-set>', 400, 'Bad filter: an ns-binding has no prefix or no urn'],
  ['another type', SET('<filter id="1"><what><include type="regex">a</include></what></filter>'), 488, 'A filter selects neither by xpath nor by namespace'],
  ['a prefix that is not bound', SET('<filter id="1"><what><include>/x:a</include></what></filter>'), 488, 'A filter has a prefix that is not bound'],
  ['another trigger', SET('<filter id="1"><trigger><moved>/a</moved></trigger></filter>'), 488, 'A trigger is changed, added or removed'],
  ['a change by words', SET('<filter id="1"><trigger><changed by="much">/a</changed></trigger></filter>'), 488, 'A trigger changes by a number'],
  ['expressions that are too dear', SET(`<filter id="1"><what>${'<include>//*//*</include>'.repeat(8)}</what></filter>`), 488, 'The filters have more than 30 expressions'],
  ['too many expressions', SET(`<filter id="1"><what>${'<include>/a</include>'.repeat(31)}</what></filter>`), 488, 'The filters have more than 30 expressions'],
]; // biome-ignore format: a table

describe('filters that are refused', () => {
  for (const [title, body, status, reason] of REFUSED) {
    test(title, () => {
      assert.throws(
        () => readFilterSet(body),
        (error) => error instanceof SipError && error.status === status && error.reason === reason,
      );
    });
  }
});
