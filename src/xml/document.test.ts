import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { lookUpPrefix, readDocument } from './document.ts';
import { writeDocument } from './document-writer.ts';
import { element } from './element.ts';
import { XmlError } from './parser.ts';
import { serialize } from './serializer.ts';

const LIMITS = { maxDepth: 3, maxAttributes: 3, maxElements: 10 };
const read = (text: string) => serialize(readDocument(text, LIMITS).root);

const taken: [title: string, text: string, written: string][] = [
  ['XML 1.0 §2.8: a declaration, comments, instructions', '\ufeff<?xml version="1.0" encoding="utf-8" standalone="yes"?>\r\n<!-- a --><?b c?>\n<r/><!-- d -->\n', '<r/>'],
  ['comments inside do not part a text', '<r>a<!-- < & -->b<?c d?>e</r>', '<r>abe</r>'],
  ['XML Names: prefixes, redeclared and taken back', "<x:r xmlns:x='urn:1' xmlns='urn:2'><a x:b='c'><x:d xmlns:x='urn:3'/><e xmlns=''/></a></x:r>", "<r xmlns='urn:1'><a xmlns='urn:2' xmlns:ns0='urn:1' ns0:b='c'><d xmlns='urn:3'/><e xmlns=''/></a></r>"],
  ['XML Names: a declaration after its use', "<r x:a='b' xmlns:x='urn:1'/>", "<r xmlns:ns0='urn:1' ns0:a='b'/>"],
  ['references, and a CDATA section', '<r a="&lt;&#65;&#x1F600;&quot;">&amp;<![CDATA[<&]]></r>', "<r a='&lt;A\u{1F600}&quot;'>&amp;&lt;&amp;</r>"],
  ['XML 1.0 §3.3.3: white space in attributes', "<r a='b\n\tc&#10;d'/>", "<r a='b  c&#10;d'/>"],
  ['XML 1.0 §2.11: ends of lines', '<r>a\r\nb\rc</r>', '<r>a\nb\nc</r>'],
  ['layout goes, text of white space stays', '<r>\n <a> </a>\n\t<b>c</b> d\n</r>', '<r><a> </a><b>c</b> d\n</r>'],
  ['however layout is written', '<r>&#9;<a/><![CDATA[ ]]><!-- b --> <c> <![CDATA[d]]></c></r>', '<r><a/><c> d</c></r>'],
  ['space in tags', "<r  a = 'b' ><c /></r >", "<r a='b'><c/></r>"],
  ['names of other languages', '<é ü="1"/>', "<é ü='1'/>"],
  ['three levels', '<r><a><a><a/></a></a></r>', '<r><a><a><a/></a></a></r>'],
]; // biome-ignore format: a table

describe('documents', () => {
  for (const [title, text, written] of taken) test(title, () => assert.equal(read(text), written));
});

const refused: [title: string, text: string, fault: string][] = [
  ['nothing', '', 'not-well-formed'],
  ['text', 'GET /', 'not-well-formed'],
  ['two roots', '<r/><r/>', 'not-well-formed'],
  ['no end', '<r><a>', 'not-well-formed'],
  ['an end tag of another', '<r><a></b></r>', 'not-well-formed'],
  ['an end tag that begins so', '<r></rr>', 'not-well-formed'],
  ['a document type', '<!DOCTYPE r><r/>', 'restricted'],
  ['a declaration inside', '<r><!ELEMENT a></r>', 'restricted'],
  ['another encoding', '<?xml version="1.0" encoding="UTF-16"?><r/>', 'unsupported-encoding'],
  ['a malformed declaration', '<?xml encoding="UTF-8"?><r/>', 'not-well-formed'],
  ['an instruction called xml', '<r><?xml version="1.0"?></r>', 'not-well-formed'],
  ['two hyphens in a comment', '<r><!-- -- --></r>', 'not-well-formed'],
  ['an entity of nobody', '<r>&nbsp;</r>', 'not-well-formed'],
  ['a lone ampersand', '<r>a & b</r>', 'not-well-formed'],
  ['a reference to NUL', '<r>&#0;</r>', 'not-well-formed'],
  ['a control character', '<r>\u0001</r>', 'not-well-formed'],
  ['half a surrogate pair', '<r>\ud800</r>', 'not-well-formed'],
  [']]> in a text', '<r>]]></r>', 'not-well-formed'],
  ['< in an attribute', "<r a='<'/>", 'not-well-formed'],
  ['an attribute twice', "<r a='' a=''/>", 'not-well-formed'],
  ['XML Names §6.3: twice by two prefixes', "<r xmlns:a='u' xmlns:b='u'><b a:x='' b:x=''/></r>", 'not-well-formed'],
  ['a declaration twice', "<r xmlns:a='u' xmlns:a='v'/>", 'not-well-formed'],
  ['an attribute without space before it', "<r a=''b=''/>", 'not-well-formed'],
  ['an attribute without quotes', '<r a=b/>', 'not-well-formed'],
  ['a prefix of nobody', '<x:r/>', 'not-well-formed'],
  ['a prefix of nobody at an attribute', "<r x:a=''/>", 'not-well-formed'],
  ['a prefix that ended with its element', "<r><a xmlns:x='u'/><x:b/></r>", 'not-well-formed'],
  ['XML Names §3: the prefix xmlns', "<r xmlns:xmlns='u'/>", 'not-well-formed'],
  ['XML Names §3: another prefix for xml', "<r xmlns:x='http://www.w3.org/XML/1998/namespace'/>", 'not-well-formed'],
  ['XML Names §5: a prefix for nothing', "<r xmlns:x=''/>", 'not-well-formed'],
  ['the prototype of tables', "<r __proto__=''/>", 'not-well-formed'],
  ['four levels', '<r><a><a><a><a/></a></a></a></r>', 'too-deep'],
  ['four attributes', "<r a='' b='' c='' d=''/>", 'too-many-attributes'],
  ['eleven elements', `<r>${'<a/>'.repeat(10)}</r>`, 'too-deep'],
]; // biome-ignore format: a table

describe('documents that are refused', () => {
  for (const [title, text, fault] of refused) {
    test(title, () => {
      assert.throws(
        () => read(text),
        (error) => error instanceof XmlError && error.fault === fault,
      );
    });
  }
});

test('the prefixes of a document can be looked up where they stand', () => {
  const { root, scopes } = readDocument("<r xmlns='urn:1' xmlns:a='urn:2'><b xmlns:a='urn:3'/><c/></r>", LIMITS);
  const [b, c] = root.elements();
  assert.equal(lookUpPrefix(scopes.get(root), 'a'), 'urn:2');
  assert.equal(lookUpPrefix(scopes.get(b!), 'a'), 'urn:3');
  assert.equal(lookUpPrefix(scopes.get(b!), ''), 'urn:1');
  assert.equal(lookUpPrefix(scopes.get(b!), 'x'), undefined);
  assert.equal(scopes.get(c!), undefined);
});

test('what is written declares every namespace once, and no prefix twice', () => {
  const inside = element(
    'a',
    'urn:a',
    { '{urn:b}x': '1' },
    element('b', 'urn:b'),
    element('c', '', {}, element('d', 'urn:r')),
  );
  const root = element('r', 'urn:r', { e: '"' }, inside, element('f', 'urn:f'));
  const prefixes = new Map([
    ['urn:a', 'a'],
    ['urn:f', 'a'],
  ]);
  assert.equal(
    writeDocument(root, prefixes, { selectors: { n1: 'urn:z' } }),
    '<?xml version="1.0" encoding="UTF-8"?>\n<r xmlns="urn:r" xmlns:n1="urn:z" xmlns:a="urn:a" xmlns:n2="urn:b" ' +
      'xmlns:n3="urn:f" e="&quot;"><a:a n2:x="1"><n2:b/><c xmlns=\'\'><d xmlns=\'urn:r\'/></c></a:a><n3:f/></r>',
  );
});
