import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readDocument } from '#xml/document.ts';
import { serialize } from '#xml/serializer.ts';
import { deleteAttribute, deleteElement, NoParent, putAttribute, putElement } from './edit.ts';
import { DOCUMENT_LIMITS, pathTo, readAttributeValue, readFragment, scopeOf, writeNamespaces } from './fragment.ts';
import { parseBindings, parseSelector, selectOne } from './selector.ts';
import { XcapError, type XcapFaultKind } from './xcap-error.ts';

const TEXT = '<root><el att="first"/><el att="second"/><more/></root>';
const read = (text: string) => readDocument(text, DOCUMENT_LIMITS);
const selectorOf = (text: string) => parseSelector(text, parseBindings('', ''));

function put(selector: string, fragment: string, text = TEXT): string {
  const { root, isNew } = putElement(read(text).root, selectorOf(selector), readFragment(fragment, undefined));
  return `${isNew ? 'new' : 'old'} ${serialize(root).replaceAll("'", '"')}`;
}

const fault = (wanted: XcapFaultKind) => (error: unknown) => error instanceof XcapError && error.fault.kind === wanted;

test('RFC 4825 §8.2.3: an element is inserted behind its like, or where its position says', () => {
  const cases: [selector: string, fragment: string, result: string][] = [
    ['root/other', '<other/>', 'new <root><el att="first"/><el att="second"/><more/><other/></root>'],
    [
      'root/el[@att="third"]',
      '<el att="third"/>',
      'new <root><el att="first"/><el att="second"/><el att="third"/><more/></root>',
    ],
    ['root/el[3]', '<el att="third"/>', 'new <root><el att="first"/><el att="second"/><el att="third"/><more/></root>'],
    [
      'root/el[2][@att="third"]',
      '<el att="third"/>',
      'new <root><el att="first"/><el att="third"/><el att="second"/><more/></root>',
    ],
    [
      'root/*[1][@att="third"]',
      '<el att="third"/>',
      'new <root><el att="third"/><el att="first"/><el att="second"/><more/></root>',
    ],
    ['root/*[4]', '<x/>', 'new <root><el att="first"/><el att="second"/><more/><x/></root>'],
    ['root/el[2]', '<el>2</el>', 'old <root><el att="first"/><el>2</el><more/></root>'],
    [
      'root/el[@att="first"]',
      '<el att="first">1</el>',
      'old <root><el att="first">1</el><el att="second"/><more/></root>',
    ],
    ['root', '<root/>', 'old <root/>'],
  ];
  for (const [selector, fragment, result] of cases) assert.equal(put(selector, fragment), result, selector);
});

test('RFC 4825 §8.2.3, §11.2.6: what the same selector would not give back cannot be inserted', () => {
  const cases = [
    ['root/el[@att="third"]', '<el att="fourth"/>'],
    ['root/el[@att="first"]', '<el att="changed"/>'],
    ['root/el', '<el/>'],
    ['root/other', '<another/>'],
    ['root/el[4]', '<el/>'],
    ['root/more', '<more xmlns="other"/>'],
    ['root', '<another/>'],
    ['another', '<another/>'],
    ['root/el[5][@att="first"]', '<el att="first"/>'],
  ];
  for (const [selector, fragment] of cases) {
    assert.throws(() => put(selector!, fragment!), fault('cannot-insert'), selector);
  }
});

test('RFC 4825 §8.2.1: without a parent there is no place, and the closest ancestor is known', () => {
  const depth = (selector: string) => (error: unknown) =>
    error instanceof NoParent && error.depth === selector.split('/').length;
  assert.throws(() => put('root/a/b/c', '<c/>'), depth('root'));
  assert.throws(() => put('root/el[2]/b/c', '<c/>'), depth('root/el[2]'));
  assert.throws(() => put('root/el/b', '<b/>'), depth('root'));
  assert.throws(() => putAttribute(read(TEXT).root, selectorOf('root/a'), 'b', 'c'), depth('root'));
});

test('RFC 4825 §8.3, §11.2.7: what is deleted is gone, or it cannot be deleted', () => {
  const remove = (selector: string) => {
    const { root } = read(TEXT);
    return deleteElement(root, selectorOf(selector)) && serialize(root).replaceAll("'", '"');
  };
  assert.equal(remove('root/el[@att="first"]'), '<root><el att="second"/><more/></root>');
  assert.equal(remove('root/el[2]'), '<root><el att="first"/><more/></root>');
  assert.equal(remove('root/el'), false);
  assert.equal(remove('root/none'), false);
  for (const selector of ['root/el[1]', 'root/*[2]', 'root']) {
    assert.throws(() => remove(selector), fault('cannot-delete'), selector);
  }
});

test('RFC 4825 §8.2.2: attributes are put and deleted, unless the selector goes by them', () => {
  const { root } = read(TEXT);
  assert.equal(putAttribute(root, selectorOf('root/more'), 'a', '1').isNew, true);
  assert.equal(putAttribute(root, selectorOf('root/more'), 'a', '2').isNew, false);
  assert.equal(serialize(root).replaceAll("'", '"'), TEXT.replace('more', 'more a="2"'));
  assert.equal(deleteAttribute(root, selectorOf('root/more'), 'a'), true);
  assert.equal(deleteAttribute(root, selectorOf('root/more'), 'a'), false);
  assert.equal(deleteAttribute(root, selectorOf('root/more'), 'toString'), false);
  assert.throws(() => putAttribute(root, selectorOf('root/el[@att="first"]'), 'att', 'x'), fault('cannot-insert'));
});

test('RFC 4825 §11.2.2, §11.2.5: a body that is no element, or no value, is refused', () => {
  for (const text of ['', 'text', '<a/><b/>', '<a/>text', '<a>', '</in><in>', '<p:a/>', '<?xml version="1.0"?><a/>']) {
    assert.throws(() => readFragment(text, undefined), fault('not-xml-frag'), text);
  }
  for (const text of ['<', '&', '&x;', '\u0000']) {
    assert.throws(() => readAttributeValue(text), fault('not-xml-att-value'), text);
  }
  assert.equal(readAttributeValue(`a "b" 'c' &amp;&#x41;`), `a "b" 'c' &A`);
});

test('RFC 4825 §7.10, §8.2.1: an element comes with the namespaces that are bound around it', () => {
  const document = read('<a:root xmlns:a="test:a" xmlns="test:b"><el xmlns:c="test:c"/></a:root>');
  const path = pathTo(document.root, selectOne(document.root, [])?.element ?? document.root.elements()[0]!);
  const scope = scopeOf(document, path);
  assert.equal(writeNamespaces(path.at(-1)!, scope), '<el xmlns:c="test:c" xmlns="test:b" xmlns:a="test:a"/>');
  assert.equal(readFragment('<a:x/>', scope).ns, 'test:a');
  assert.equal(readFragment('<x/>', scope).ns, 'test:b');
  assert.equal(readFragment('<x xmlns="test:d"/>', scope).ns, 'test:d');
});
