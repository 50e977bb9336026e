import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { readDocument } from '#xml/document.ts';
import { writeDocument } from '#xml/document-writer.ts';
import { Element } from '#xml/element.ts';
import { serialize } from '#xml/serializer.ts';
import { PatchError } from './patch-error.ts';
import { diffElements } from './xml-diff.ts';
import { applyPatches, patchesOf } from './xml-patch.ts';

const LIMITS = { maxDepth: 20, maxAttributes: 20, maxElements: 1000 };
const read = (text: string) => readDocument(text, LIMITS);
const patched = (document: string, operations: string) => {
  const diff = read(
    `<d:diff xmlns="urn:d" xmlns:y="urn:y" xmlns:d="urn:diff">${operations.replace(/(<\/?)(add|replace|remove)/g, '$1d:$2')}</d:diff>`,
  );
  return serialize(applyPatches(read(document).root, patchesOf(diff)), 'urn:d');
};
const doc = (inside: string) => `<doc xmlns="urn:d" xmlns:x="urn:y">${inside}</doc>`;

/** After RFC 5261 appendix A. */
const PATCHES: [title: string, document: string, operations: string, result: string][] = [
  ['A.1: adding an element', doc('<foo id="ert4773">a</foo>'), `<add sel="doc"><foo id="ert4774">b</foo></add>`, '<doc><foo id=\'ert4773\'>a</foo><foo id=\'ert4774\'>b</foo></doc>'],
  ['A.2: adding an attribute', doc('<foo id="e"/>'), `<add sel="doc/foo[@id='e']" type="@user">Bob</add>`, "<doc><foo id='e' user='Bob'/></doc>"],
  ['A.3: adding a namespace changes nothing that can be seen', doc('<foo/>'), '<add sel="doc" type="namespace::pref">urn:ns:xxx</add>', '<doc><foo/></doc>'],
  ['A.5: adding before', doc('<foo id="e"/>'), `<add sel="doc/foo[@id='e']" pos="before"><bar/></add>`, "<doc><bar/><foo id='e'/></doc>"],
  ['adding after, of another namespace', doc('<x:foo/>'), '<add sel="doc/y:foo" pos="after"><y:bar/></add>', "<doc><foo xmlns='urn:y'/><bar xmlns='urn:y'/></doc>"],
  ['A.6: adding in front', doc('<foo/>'), '<add sel="/doc" pos="prepend"><bar/></add>', '<doc><bar/><foo/></doc>'],
  ['adding several nodes, a text among them', doc('<foo>a</foo>'), '<add sel="*/foo">b<bar/>c</add>', '<doc><foo>ab<bar/>c</foo></doc>'],
  ['A.8: replacing an element', doc('<foo a="1">t</foo>'), `<replace sel="doc/foo[@a='1']"><bar/></replace>`, '<doc><bar/></doc>'],
  ['A.9: replacing an attribute', doc('<foo a="1"/>'), '<replace sel="doc/foo/@a">2</replace>', "<doc><foo a='2'/></doc>"],
  ['A.12: replacing a text', doc('<foo>a</foo>'), '<replace sel="doc/foo/text()[1]">b</replace>', '<doc><foo>b</foo></doc>'],
  ['A.13: removing an element', doc('<foo a="1"/><foo/>'), '<remove sel="doc/foo[2]"/>', "<doc><foo a='1'/></doc>"],
  ['A.14: removing an attribute', doc('<foo a="1"/>'), '<remove sel="doc/foo/@a"/>', '<doc><foo/></doc>'],
  ['A.18: removing with white space', doc('<foo/> <bar/>'), '<remove sel="doc/foo" ws="after"/>', '<doc><bar/></doc>'],
  ['replacing the root', doc('<foo/>'), '<replace sel="*"><doc/></replace>', '<doc/>'],
  ['by the text of a child', doc('<foo><n>a</n></foo><foo><n>b</n></foo>'), `<remove sel="doc/foo[n='b']"/>`, '<doc><foo><n>a</n></foo></doc>'],
  ['by its own text', doc('<foo>a</foo><foo>b</foo>'), `<remove sel='doc/foo[.="b"]'/>`, '<doc><foo>a</foo></doc>'],
  ['by two conditions', doc('<foo a="1"/><bar/><foo a="1"/>'), `<remove sel="doc/*[@a='1'][2]"/>`, "<doc><foo a='1'/><bar/></doc>"],
  ['xml:lang', doc('<n xml:lang="de">a</n>'), `<replace sel="doc/n[@xml:lang='de']/@xml:lang">fr</replace>`, "<doc><n xml:lang='fr'>a</n></doc>"],
  ['one after the other', doc(''), '<add sel="doc"><foo/></add><add sel="doc/foo" type="@a">1</add>', "<doc><foo a='1'/></doc>"],
]; // biome-ignore format: a table

describe('RFC 5261: patches', () => {
  for (const [title, document, operations, result] of PATCHES) {
    test(title, () => assert.equal(patched(document, operations), result));
  }
});

const FAULTS: [title: string, operations: string, fault: string][] = [
  ['nothing is there', '<remove sel="doc/bar"/>', 'unlocated-node'],
  ['two are there', '<remove sel="doc/foo"/>', 'unlocated-node'],
  ['an attribute is not there', '<replace sel="doc/@a">b</replace>', 'unlocated-node'],
  ['a text is not there', '<replace sel="doc/text()">b</replace>', 'unlocated-node'],
  ['no selector', '<remove/>', 'unlocated-node'],
  ['what is no selector', '<remove sel="doc//foo"/>', 'unlocated-node'],
  ['half a condition', '<remove sel="doc/foo[@a="/>', 'unlocated-node'],
  ['too many steps', `<remove sel="doc${'/a'.repeat(50)}"/>`, 'unlocated-node'],
  ['a prefix that is not declared', '<remove sel="doc/q:foo"/>', 'invalid-namespace-prefix'],
  ['the function id', `<remove sel="id('a')"/>`, 'unsupported-id-function'],
  ['another operation', '<d:move sel="doc"/>', 'invalid-patch-directive'],
  ['an operation of another namespace', '<y:x sel="doc"/>', 'invalid-patch-directive'],
  ['removing the root', '<remove sel="doc"/>', 'invalid-root-element-operation'],
  ['a second root', '<add sel="doc" pos="after"><foo/></add>', 'invalid-root-element-operation'],
  ['another place', '<add sel="doc" pos="within"><foo/></add>', 'invalid-attribute-value'],
  ['an attribute that is there', '<add sel="doc/foo[1]" type="@id">1</add>', 'invalid-attribute-value'],
  ['the prototype of tables', '<add sel="doc" type="@__proto__">1</add>', 'invalid-attribute-value'],
  ['a namespace for an attribute', '<add sel="doc" type="@xmlns">urn:x</add>', 'invalid-attribute-value'],
  ['what is no name', '<add sel="doc" type="@a&quot;b">1</add>', 'invalid-attribute-value'],
  ['an element for an attribute', '<add sel="doc" type="@a"><foo/></add>', 'invalid-node-types'],
  ['two elements for one', '<replace sel="doc/foo[1]"><a/><b/></replace>', 'invalid-node-types'],
  ['other white space', '<remove sel="doc/foo[1]" ws="all"/>', 'invalid-whitespace-directive'],
]; // biome-ignore format: a table

describe('RFC 5261 §5: patches that cannot be applied', () => {
  for (const [title, operations, fault] of FAULTS) {
    test(title, () => {
      assert.throws(
        () => patched(doc('<foo id="a"/><foo id="b"/>'), operations),
        (error) => error instanceof PatchError && error.fault === fault,
      );
    });
  }
});

test('a document that cannot be patched stays as it was', () => {
  const { root } = read(doc('<foo/>'));
  const diff = read(
    '<d:diff xmlns="urn:d" xmlns:d="urn:diff"><d:remove sel="doc/foo"/><d:remove sel="doc/foo"/></d:diff>',
  );
  assert.throws(() => applyPatches(root, patchesOf(diff)), PatchError);
  assert.equal(root.children.length, 1);
});

const leaf = fc
  .tuple(
    fc.constantFrom('a', 'b'),
    fc.constantFrom('urn:d', 'urn:y'),
    fc.constantFrom(undefined, '1', '2', '"'),
    fc.constantFrom('', 't', 'u'),
  )
  .map(([name, ns, id, text]) => new Element(name, ns, id === undefined ? {} : { id }, text === '' ? [] : [text]));
const tree = (children: fc.Arbitrary<Element>) =>
  fc
    .tuple(
      fc.constantFrom('a', 'b'),
      fc.dictionary(fc.constantFrom('id', 'c'), fc.constantFrom('1', '2', '3'), { noNullPrototype: true }),
      fc.array(children, { maxLength: 4 }),
    )
    .map(([name, attributes, inside]) => new Element(name, 'urn:d', attributes, inside));
const document = fc
  .array(tree(fc.oneof(leaf, tree(leaf))), { maxLength: 4 })
  .map((inside) => new Element('doc', 'urn:d', {}, inside));

test('what the difference of two documents makes of the one is the other', () => {
  let found = 0;
  fc.assert(
    fc.property(document, document, (before, after) => {
      const diff = diffElements(before, after, 'urn:diff', 'urn:d', new Map());
      if (diff === undefined) return;
      found++;
      const root = new Element('diff', 'urn:diff', {}, [...diff.operations]);
      const written = writeDocument(root, new Map(), { base: 'urn:d', selectors: diff.prefixes });
      assert.deepEqual(applyPatches(before, patchesOf(read(written))), after);
    }),
    { numRuns: 1000 },
  );
  assert.ok(found > 250, `${found}`);
});
