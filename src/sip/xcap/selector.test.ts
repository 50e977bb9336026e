import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readDocument } from '#xml/document.ts';
import { DOCUMENT_LIMITS } from './fragment.ts';
import { parseBindings, parseSelector, SelectorError, select } from './selector.ts';

const DEFAULT = 'test:watcher';

/** The document of RFC 4825 §6.3, in words of our own. */
const { root } = readDocument(
  `<watcherinfo xmlns="test:watcher" version="0">
     <watcher-list resource="sip:a@example.test" package="presence">
       <watcher id="1" status="active">sip:b@example.test</watcher>
       <watcher id="2" status="pending">sip:c@example.test</watcher>
       <other id="2"/>
     </watcher-list>
     <watcher-list resource="sip:&quot;d&quot;@example.test/x" package="winfo">
       <watcher id="3" status="active"/>
     </watcher-list>
     <x xmlns="test:other" id="9"/>
   </watcherinfo>`,
  DOCUMENT_LIMITS,
);

function ids(selector: string, query = ''): (string | undefined)[] {
  const { steps } = parseSelector(selector, parseBindings(query, DEFAULT));
  return select(root, steps).map(({ element }) => element.attribute('id') ?? element.attribute('package'));
}

test('RFC 4825 §6.3: steps go by name, position, attribute, and position with attribute', () => {
  const list = 'watcherinfo/watcher-list[@package="presence"]';
  assert.deepEqual(ids('watcherinfo/watcher-list'), ['presence', 'winfo']);
  assert.deepEqual(ids('watcherinfo/watcher-list[2]'), ['winfo']);
  assert.deepEqual(ids(`${list}/watcher[@id="2"]`), ['2']);
  assert.deepEqual(ids(`${list}/watcher[2][@status='pending']`), ['2']);
  assert.deepEqual(ids(`${list}/watcher[1][@status='pending']`), []);
  assert.deepEqual(ids(`${list}/*[3]`), ['2']);
  assert.deepEqual(ids(`${list}/*[@id="2"]`), ['2', '2']);
  assert.deepEqual(ids('*/*/watcher[@status="active"]'), ['1', '3']);
});

test('RFC 4825 §6.3: a value of an attribute may hold slashes, brackets and references', () => {
  assert.deepEqual(ids(`watcherinfo/watcher-list[@resource='sip:"d"@example.test/x']`), ['winfo']);
  assert.deepEqual(ids('watcherinfo/watcher-list[@resource="sip:&quot;d&quot;@example.test/x"]/watcher'), ['3']);
});

test('RFC 4825 §6.4: names without a prefix are in the default document namespace, others as the query binds', () => {
  assert.deepEqual(ids('watcherinfo/x'), []);
  assert.deepEqual(ids('watcherinfo/a:x', 'xmlns(a=test:other)'), ['9']);
  assert.deepEqual(ids('b:watcherinfo/a:x', 'xmlns(a=test:other) other(z^)) xmlns(b=test:watcher)'), ['9']);
  assert.throws(() => ids('watcherinfo/a:x'), SelectorError);
});

test('RFC 4825 §6.3: a selector ends in an element, an attribute or the namespaces', () => {
  const terminal = (text: string) => parseSelector(text, parseBindings('xmlns(a=test:o)', DEFAULT)).terminal;
  assert.deepEqual(terminal('a/b'), { kind: 'element' });
  assert.deepEqual(terminal('a/b[1]/@c'), { kind: 'attribute', name: 'c' });
  assert.deepEqual(terminal('a/b/@a:c'), { kind: 'attribute', name: '{test:o}c' });
  assert.deepEqual(terminal('a/@xml:lang'), { kind: 'attribute', name: 'xml:lang' });
  assert.deepEqual(terminal('a/namespace::*'), { kind: 'namespaces' });
});

test('what is outside of the grammar is refused', () => {
  const bad = [
    '',
    '/a',
    'a/',
    'a//b',
    'a[0]',
    'a[b]',
    'a[@b]',
    'a[@b=c]',
    'a[@b="c]',
    'a[@b="&x;"]',
    'a[@b="<"]',
    '@a',
    'a/@b/c',
    'a/text()',
    'a b',
    'a[1]x',
    'namespace::*',
    Array(40).fill('a').join('/'),
  ];
  for (const text of bad) {
    assert.throws(() => parseSelector(text, parseBindings('', DEFAULT)), SelectorError, text);
  }
  for (const query of ['a=b', 'xmlns(a)', 'xmlns(a=b', 'xmlns(a=b))']) {
    assert.throws(() => parseBindings(query, DEFAULT), SelectorError, query);
  }
});
