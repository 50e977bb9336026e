import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { readDocument } from '#xml/document.ts';
import { SipError } from '../wire/sip-error.ts';
import { writeReginfo } from './reginfo.ts';
import { writeXcapCaps } from './xcap-caps.ts';
import { readXcapDiff, writeXcapDiff, xcapPatches } from './xcap-diff.ts';
import { writeXcapError, type XcapFault } from './xcap-error.ts';
import { applyPatches } from './xml-patch.ts';

const LIMITS = { maxDepth: 20, maxAttributes: 20, maxElements: 500 };
const HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n';
const SEL = 'resource-lists/users/sip:joe@example.com/index';

test('RFC 5874 §5: the example, with patches of a document of another namespace', () => {
  const diff = readXcapDiff(`<?xml version="1.0" encoding="UTF-8"?>
    <d:xcap-diff xmlns="urn:ietf:params:xml:ns:resource-lists" xmlns:d="urn:ietf:params:xml:ns:xcap-diff" xcap-root="http://xcap.example.com/">
      <d:document previous-etag="7ahggs3" sel="${SEL}" new-etag="30376adf">
        <d:add sel="*/list"><entry uri="sip:bob@example.com"/></d:add></d:document>
      <d:document new-etag="x" sel="a"><d:body-not-changed/></d:document>
      <d:element sel="b"><entry uri="sip:a"/></d:element>
      <d:attribute sel="c/@d" exists="false"/>
    </d:xcap-diff>`);
  const [changed, same, element, attribute] = diff.changes;
  assert.equal(diff.root, 'http://xcap.example.com/');
  assert.ok(changed?.kind === 'document');
  assert.deepEqual([changed.sel, changed.previousEtag, changed.newEtag], [SEL, '7ahggs3', '30376adf']);
  const before = readDocument(
    '<resource-lists xmlns="urn:ietf:params:xml:ns:resource-lists"><list/></resource-lists>',
    LIMITS,
  ).root;
  assert.equal(
    applyPatches(before, changed.patches).elements()[0]!.elements()[0]!.attribute('uri'),
    'sip:bob@example.com',
  );
  assert.ok(same?.kind === 'document' && same.isBodyUnchanged);
  assert.ok(element?.kind === 'element' && element.element?.name === 'entry');
  assert.deepEqual(attribute, { kind: 'attribute', sel: 'c/@d', value: undefined });
});

test('RFC 5874: how one document became another is read back and applied', () => {
  const read = (inside: string) =>
    readDocument(`<resource-lists xmlns="urn:ietf:params:xml:ns:resource-lists">${inside}</resource-lists>`, LIMITS)
      .root;
  const before = read('<list name="a"><entry uri="sip:a"/></list>');
  const after = read(
    '<list name="b"><entry uri="sip:a"><display-name>A</display-name></entry><entry uri="sip:b"/></list>',
  );
  const patches = xcapPatches(before, after);
  assert.ok(patches !== undefined);
  const written = writeXcapDiff({
    root: 'https://x/',
    changes: [{ kind: 'document', sel: SEL, newEtag: '2', previousEtag: '1', patches }],
  });
  const [change] = readXcapDiff(written).changes;
  assert.ok(change?.kind === 'document');
  assert.deepEqual(applyPatches(before, change.patches), after);
});

test('RFC 5874 §4: documents that come and go, elements and attributes', () => {
  const diff = {
    root: 'https://x/',
    changes: [
      { kind: 'document' as const, sel: SEL, newEtag: '1', patches: [] },
      { kind: 'document' as const, sel: SEL, previousEtag: '1', patches: [] },
      { kind: 'element' as const, sel: 'a', element: undefined },
      { kind: 'attribute' as const, sel: 'a/@b', value: 'é' },
    ],
  };
  assert.deepEqual(readXcapDiff(writeXcapDiff(diff)), diff);
});

test('a diff without root or selector is refused', () => {
  for (const inside of [
    '<xcap-diff xmlns="urn:ietf:params:xml:ns:xcap-diff"/>',
    '<xcap-diff xmlns="urn:ietf:params:xml:ns:xcap-diff" xcap-root="a"><document/></xcap-diff>',
    '<x/>',
  ]) {
    assert.throws(
      () => readXcapDiff(inside),
      (error) => error instanceof SipError && error.status === 400 && error.reason.startsWith('Bad XCAP diff: '),
    );
  }
});

const FAULTS: [fault: XcapFault, phrase: string | undefined, inside: string][] = [
  [{ kind: 'not-well-formed' }, 'no <XML>', '<not-well-formed phrase="no &lt;XML&gt;"/>'],
  [{ kind: 'no-parent', ancestor: 'http://x/a' }, undefined, '<no-parent><ancestor>http://x/a</ancestor></no-parent>'],
  [{ kind: 'no-parent' }, undefined, '<no-parent/>'],
  [{ kind: 'uniqueness-failure', fields: [{ field: 'rls-services/service/@uri', alternatives: ['sip:b@example.com'] }, { field: 'f' }] }, undefined, '<uniqueness-failure><exists field="rls-services/service/@uri"><alt-value>sip:b@example.com</alt-value></exists><exists field="f"/></uniqueness-failure>'],
  [{ kind: 'cannot-delete' }, undefined, '<cannot-delete/>'],
]; // biome-ignore format: a table

describe('RFC 4825 §11: why a document was not changed', () => {
  for (const [fault, phrase, inside] of FAULTS) {
    test(inside.slice(0, 60), () => {
      const written = `${HEAD}<xcap-error xmlns="urn:ietf:params:xml:ns:xcap-error">${inside}</xcap-error>`;
      assert.equal(writeXcapError(fault, phrase), written);
    });
  }
});

test('RFC 4825 §12: what the server knows', () => {
  assert.equal(
    writeXcapCaps({
      auids: ['xcap-caps', 'resource-lists'],
      extensions: [],
      namespaces: ['urn:ietf:params:xml:ns:resource-lists'],
    }),
    `${HEAD}<xcap-caps xmlns="urn:ietf:params:xml:ns:xcap-caps"><auids><auid>xcap-caps</auid><auid>resource-lists</auid></auids>` +
      '<extensions/><namespaces><namespace>urn:ietf:params:xml:ns:resource-lists</namespace></namespaces></xcap-caps>',
  );
});

test('RFC 3680 §5: what is registered', () => {
  const contact = { id: '76', uri: 'sip:joe@pc34.example.com', state: 'active' as const, event: 'registered' as const };
  const written = writeReginfo({
    version: 0,
    isFull: true,
    registrations: [
      {
        addressOfRecord: 'sip:joe@example.com',
        id: 'a7',
        state: 'active',
        contacts: [{ ...contact, durationSeconds: 7322, q: 0.8, parameters: [['+sip.instance', '"<urn:uuid:1>"']] }],
      },
    ],
  });
  assert.equal(
    written,
    `${HEAD}<reginfo xmlns="urn:ietf:params:xml:ns:reginfo" version="0" state="full"><registration aor="sip:joe@example.com" id="a7" state="active">` +
      '<contact id="76" state="active" event="registered" duration-registered="7322" q="0.8"><uri>sip:joe@pc34.example.com</uri>' +
      '<unknown-param name="+sip.instance">"&lt;urn:uuid:1&gt;"</unknown-param></contact></registration></reginfo>',
  );
});
