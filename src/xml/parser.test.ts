import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { XmlError, XmlParser, type XmlSink } from './parser.ts';
import { serialize } from './serializer.ts';

/** What was told, in order, and the fault that ended it. */
function read(...pieces: string[]): string[] {
  const told: string[] = [];
  const sink: XmlSink = {
    onRoot: (root, content) => told.push(`root ${root.name} {${root.ns}} content {${content}}`),
    onElement: (element) => told.push(serialize(element)),
    onStrayText: () => told.push('text'),
    onRootEnd: () => told.push('end'),
  };
  const parser = new XmlParser(sink, { maxDepth: 3, maxAttributes: 3 });
  try {
    for (const piece of pieces) parser.write(piece);
  } catch (error) {
    if (!(error instanceof XmlError)) throw error;
    told.push(error.fault);
  }
  return told;
}

const below = (inside: string) => read(`<r>${inside}`).slice(1);

test('a document is told of as it comes: root, elements, end', () => {
  const told = read("<s:r xmlns:s='urn:s' xmlns='urn:c'><a/>", "<b c='d'>e", '</b></s:r', '>');
  assert.deepEqual(told, [
    'root r {urn:s} content {urn:c}',
    "<a xmlns='urn:c'/>",
    "<b xmlns='urn:c' c='d'>e</b>",
    'end',
  ]);
});

test('in pieces of one character it reads as at once', () => {
  const text = "<r xmlns:x='urn:x'> <a b='&lt;&#x41;' x:c='d'>t\r\n<![CDATA[<&]]>é\u{1F600}</a>\n<x:e/>!</r>";
  assert.deepEqual(read(...text), read(text));
});

const faults: [title: string, inside: string, told: string[]][] = [
  ['RFC 6120 §11.1: a comment', '<!-- -->', ['restricted']],
  ['RFC 6120 §11.1: a processing instruction', '<?x?>', ['restricted']],
  ['XML 1.0 §3: an end tag that does not match: the element was never complete', '<a>b</c>', ['not-well-formed']],
  ['XML 1.0 §3: the same of the root', '<a/></q>', ['<a/>', 'not-well-formed']],
  ['what was complete before a fault is told of', '<a/><b/>&nbsp;', ['<a/>', '<b/>', 'not-well-formed']],
  ['XML Names: a prefix that is not bound', '<x:a/>', ['not-well-formed']],
  ['three levels are not too deep', '<a><a><a/></a></a>', ['<a><a><a/></a></a>']],
  ['four are', '<a><a><a><a/></a></a></a>', ['too-deep']],
  ['three attributes are not too many', "<a b='' c='' d=''/>", ["<a b='' c='' d=''/>"]],
  ['four are, declarations included', "<a b='' c='' d='' xmlns:e='urn:e'/>", ['too-many-attributes']],
  ['too many are known before the tag is complete', "<a b='' c='' d='' e=''", ['too-many-attributes']],
  ['an attribute that would change the prototype of its table', "<a __proto__='x'/>", ['not-well-formed']],
  ['white space is no stray text', ' \r\n\t<a/>', ['<a/>']],
];

describe('what stands below a root', () => {
  for (const [title, inside, told] of faults) test(title, () => assert.deepEqual(below(inside), told));
});

const prologs: [title: string, text: string, told: string[]][] = [
  ['XML 1.0 §2.8: a declaration', "<?xml version='1.0' encoding='utf-8'?><r>", ['root r {} content {}']],
  ['RFC 6120 §11.6: another encoding', "<?xml version='1.0' encoding='UTF-16'?><r>", ['unsupported-encoding']],
  ['XML 1.1', "<?xml version='1.1'?><r>", ['not-well-formed']],
  ['RFC 6120 §11.1: a document type', '<!DOCTYPE r [<!ENTITY x "y">]><r>', ['restricted']],
  ['text in place of a document', 'GET /', ['not-well-formed']],
];

describe('what stands before a root', () => {
  for (const [title, text, told] of prologs) test(title, () => assert.deepEqual(read(text), told));
});

test('V8 keeps the parser fast: the names that are set on saxes are names it has', () => {
  // See the comment at `rare` in parser.ts: should saxes rename them, comments would pass unseen.
  for (const forbidden of ['<!---->', '<?x?>']) assert.deepEqual(below(forbidden), ['restricted']);
  assert.deepEqual(read('<!DOCTYPE x>'), ['restricted']);
  assert.deepEqual(below('<a><![CDATA[b]]></a>'), ['<a>b</a>']);
});
