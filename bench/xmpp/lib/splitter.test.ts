import assert from 'node:assert/strict';
import { test } from 'node:test';
import { attribute, childText, elementName, StanzaSplitter } from './splitter.ts';

/** What a splitter makes of a text that arrives in pieces of the given size. */
function split(text: string, size: number): string[] {
  const seen: string[] = [];
  const splitter = new StanzaSplitter({
    header: (tag) => seen.push(`header ${elementName(tag)}`),
    stanza: (xml) => seen.push(xml),
    end: () => seen.push('end'),
  });
  for (let i = 0; i < text.length; i += size) splitter.push(text.slice(i, i + size));
  return seen;
}

test('RFC 6120 §4.4: a stream is split into its stanzas however TCP cuts the bytes', () => {
  const stanzas = [
    `<message from='a>b' to="c"><body>1 &lt; 2</body><x xmlns='y'/></message>`,
    '<presence/>',
    `<iq id='1'><q><![CDATA[</iq> <no tag>]]></q></iq>`,
  ];
  const text = `<?xml version='1.0'?><stream:stream xmlns='jabber:client' id="1">${stanzas.join(' ')}</stream:stream>`;
  for (let size = 1; size < 40; size++) {
    assert.deepEqual(split(text, size), ['header stream', ...stanzas, 'end'], `pieces of ${size}`);
  }
});

test('XML 1.0 §3.1: attribute values stand in either quote, and prefixes are no part of a local name', () => {
  const xml = `<p:iq type="result" id='7'><bind><jid>a@b/c</jid></bind></p:iq>`;
  assert.equal(elementName(xml), 'iq');
  assert.equal(attribute(xml, 'type'), 'result');
  assert.equal(attribute(xml, 'id'), '7');
  assert.equal(attribute(xml, 'to'), undefined);
  assert.equal(childText(xml, 'jid'), 'a@b/c');
});
