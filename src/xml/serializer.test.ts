import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Element, element } from './element.ts';
import { parseElement } from './parse-element.ts';
import { escapeAttribute, escapeText, openTag, serialize, serializeChildren } from './serializer.ts';

const rows: [title: string, input: Element, inherited: string, written: string][] = [
  ['an empty element', element('a', ''), '', '<a/>'],
  ['a namespace that is inherited is not declared', element('a', 'urn:x'), 'urn:x', '<a/>'],
  ['another one is', element('a', 'urn:x'), 'urn:y', "<a xmlns='urn:x'/>"],
  ['none where one is in force is taken back', element('a', ''), 'urn:y', "<a xmlns=''/>"],
  [
    'a child inherits, and one of another namespace does not',
    element('a', 'urn:x', {}, element('b', 'urn:x'), element('c', 'urn:y', {}, element('d', 'urn:x'))),
    'urn:x',
    "<a><b/><c xmlns='urn:y'><d xmlns='urn:x'/></c></a>",
  ],
  ['text', element('a', '', {}, 'x & <y> ]]>'), '', '<a>x &amp; &lt;y&gt; ]]&gt;</a>'],
  ['a carriage return in text survives', element('a', '', {}, 'x\r\ny'), '', '<a>x&#13;\ny</a>'],
  ['quotes of both kinds', element('a', '', { b: `'"` }), '', "<a b='&apos;&quot;'/>"],
  ['white space in an attribute survives', element('a', '', { b: '\t\n\r ' }), '', "<a b='&#9;&#10;&#13; '/>"],
  ['xml:lang needs no declaration', element('a', '', { 'xml:lang': 'en' }), '', "<a xml:lang='en'/>"],
  ['a namespace may hold a brace', element('a', '', { '{:}}b': '1' }), '', "<a xmlns:ns0=':}' ns0:b='1'/>"],
  [
    'attributes of namespaces get a prefix each',
    element('a', '', { b: '3', '{urn:x}b': '1', '{urn:y}b': '2' }),
    '',
    "<a b='3' xmlns:ns0='urn:x' ns0:b='1' xmlns:ns1='urn:y' ns1:b='2'/>",
  ],
  [
    'the namespace xml by its name is the prefix xml',
    element('a', '', { '{http://www.w3.org/XML/1998/namespace}lang': 'en' }),
    '',
    "<a xml:lang='en'/>",
  ],
  ['a namespace that needs escaping', element('a', "urn:'<"), '', "<a xmlns='urn:&apos;&lt;'/>"],
  [
    'characters beyond the first plane',
    element('a', '', { b: '\u{1F600}' }, '\u{10FFFF}'),
    '',
    "<a b='\u{1F600}'>\u{10FFFF}</a>",
  ],
];

describe('what is written, and that it is read back the same', () => {
  for (const [title, input, inherited, written] of rows) {
    test(title, () => {
      assert.equal(serialize(input, inherited), written);
      const back = parseElement(written, inherited);
      assert.equal(serialize(back, inherited), written);
    });
  }
});

test('XML 1.0 §2.4: what needs no escape is the same string', () => {
  assert.equal(escapeText('it\'s "fine"'), 'it\'s "fine"');
  assert.equal(escapeAttribute('fine'), 'fine');
});

test('the parts of an element are written one by one', () => {
  const a = new Element('a', 'urn:x', { b: 'c' }, ['t', new Element('d', 'urn:x')]);
  assert.equal(`${openTag(a, '')}>${serializeChildren(a.children, a.ns)}</a>`, serialize(a));
});

test('attributes that are undefined are left out', () => {
  assert.equal(serialize(element('a', '', { b: undefined, c: '' }, undefined, 'x')), "<a c=''>x</a>");
});
