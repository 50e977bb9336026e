import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Contact, newContact } from '#contacts/contact.ts';
import { readDocument } from '#xml/document.ts';
import { serialize } from '#xml/serializer.ts';
import { DOCUMENT_LIMITS } from '../../xcap/fragment.ts';
import { XcapError, type XcapFaultKind } from '../../xcap/xcap-error.ts';
import { readContacts } from './contacts-reader.ts';
import { writeContacts } from './contacts-writer.ts';

const contact = (person: string, name: string, ...groups: string[]): Contact => ({
  ...newContact(`${person}@example.test`),
  name,
  groups,
  listed: true,
  version: 1,
});
const parse = (inside: string) =>
  readDocument(
    `<resource-lists xmlns="urn:ietf:params:xml:ns:resource-lists">${inside}</resource-lists>`,
    DOCUMENT_LIMITS,
  ).root;
const inside = (text: string) => serialize(parse(text));
const write = (contacts: Contact[], kept?: string) => {
  const root = writeContacts(contacts, kept === undefined ? undefined : parse(kept));
  return root && serialize(root);
};

test('RFC 4826 §3: groups are lists, contacts are entries, those without a group are in a list without a name', () => {
  const contacts = [
    contact('tybalt', ''),
    contact('juliet', 'Juliet & co', 'Friends', 'Family'),
    contact('nurse', 'N', 'Family'),
  ];
  assert.equal(
    write(contacts),
    inside(
      `<list name="Friends"><entry uri="sip:juliet@example.test"><display-name>Juliet &amp; co</display-name></entry></list>
       <list name="Family"><entry uri="sip:juliet@example.test"><display-name>Juliet &amp; co</display-name></entry>
         <entry uri="sip:nurse@example.test"><display-name>N</display-name></entry></list>
       <list><entry uri="sip:tybalt@example.test"/></list>`,
    ),
  );
  assert.equal(write([]), undefined);
});

test('groups in groups are lists in lists (XEP-0083), and back', () => {
  const written = write([contact('juliet', '', 'Verona::Capulet'), contact('nurse', '', 'Verona', '::odd')])!;
  assert.equal(
    written,
    inside(
      `<list name="Verona"><list name="Capulet"><entry uri="sip:juliet@example.test"/></list>
         <entry uri="sip:nurse@example.test"/></list>
       <list name="::odd"><entry uri="sip:nurse@example.test"/></list>`,
    ),
  );
  const read = readContacts(readDocument(written, DOCUMENT_LIMITS).root);
  assert.deepEqual([...read.get('juliet@example.test')!.groups], ['Verona::Capulet']);
  assert.deepEqual([...read.get('nurse@example.test')!.groups], ['Verona', '::odd']);
});

test('what a client has put is served as it was put, as long as it says what is so', () => {
  const kept = `<list name="Friends" xml:lang="en"><display-name>My friends</display-name>
      <entry uri="SIP:nurse@EXAMPLE.test;transport=tcp" xmlns:x="test:x" x:icon="a"><display-name xml:lang="it">N</display-name></entry>
      <x:more xmlns:x="test:x"/>
      <entry uri="pres:juliet@example.test"/>
      <external anchor="https://other.test/list"/><entry-ref ref="resource-lists/users/a/index"/></list>
    <list name="Empty"/>`;
  assert.equal(write([contact('juliet', '', 'Friends'), contact('nurse', 'N', 'Friends')], kept), inside(kept));
});

test('what has changed elsewhere is changed in it: names, contacts, groups', () => {
  const kept = `<list name="A"><entry uri="sip:a@example.test"><display-name>A</display-name></entry><entry uri="sip:b@example.test"/></list>
    <list name="B"><entry uri="sip:a@example.test"><display-name>A</display-name></entry></list><list name="Empty"/>`;
  const now = [contact('a', 'New', 'A', 'C'), contact('c', '')];
  assert.equal(
    write(now, kept),
    inside(
      `<list name="A"><entry uri="sip:a@example.test"><display-name>New</display-name></entry></list>
       <list name="Empty"/>
       <list name="C"><entry uri="sip:a@example.test"><display-name>New</display-name></entry></list>
       <list><entry uri="sip:c@example.test"/></list>`,
    ),
  );
});

test('RFC 4826 §3.4: what the schema, the constraints or a contact list do not allow is refused by name', () => {
  const cases: [fault: XcapFaultKind, text: string][] = [
    ['schema-validation-error', '<entry uri="sip:a@b"/>'],
    ['schema-validation-error', '<list><entry/></list>'],
    ['schema-validation-error', '<list><entry-ref/></list>'],
    ['schema-validation-error', '<list><buddy/></list>'],
    ['schema-validation-error', '<list>text</list>'],
    ['schema-validation-error', '<list><display-name/><display-name/></list>'],
    ['schema-validation-error', '<list><entry uri="sip:a@b"><entry uri="sip:c@d"/></entry></list>'],
    ['uniqueness-failure', '<list name="a"/><list name="a"/>'],
    ['uniqueness-failure', '<list><entry uri="sip:a@b"/><entry uri="sip:a@b"/></list>'],
    ['uniqueness-failure', '<list><entry uri="sip:a@b"/><entry uri="pres:A@b"/></list>'],
    ['uniqueness-failure', '<list><entry-ref ref="a"/><entry-ref ref="a"/></list>'],
    ['uniqueness-failure', '<list><external anchor="a"/><external anchor="a"/></list>'],
    ['constraint-failure', '<list><entry uri="tel:+12125551212"/></list>'],
    ['constraint-failure', '<list><entry uri="nobody"/></list>'],
    ['constraint-failure', '<list name=""/>'],
    ['constraint-failure', '<list name="a"><list/></list>'],
    ['constraint-failure', '<list name="a::b"/>'],
  ];
  for (const [fault, text] of cases) {
    assert.throws(
      () => readContacts(parse(text)),
      (error) => error instanceof XcapError && error.fault.kind === fault,
      text,
    );
  }
  assert.throws(() => readContacts(readDocument('<resource-lists/>', DOCUMENT_LIMITS).root), XcapError);
});

test('what is written of any contact list is read as that list', () => {
  const word = fc.stringMatching(/^[a-c:&" ]{1,6}$/);
  const person = fc.record({
    person: fc.stringMatching(/^[a-z]{1,3}$/),
    name: word,
    groups: fc.uniqueArray(word, { maxLength: 3 }),
  });
  fc.assert(
    fc.property(fc.uniqueArray(person, { selector: ({ person }) => person, minLength: 1 }), (people) => {
      const contacts = people.map(({ person, name, groups }) => contact(person, name, ...groups));
      const read = readContacts(readDocument(serialize(writeContacts(contacts, undefined)!), DOCUMENT_LIMITS).root);
      assert.equal(read.size, contacts.length);
      for (const { address, name, groups } of contacts) {
        const { names, groups: readGroups } = read.get(address)!;
        assert.deepEqual([[...names][0] ?? '', [...readGroups].sort()], [name, [...groups].sort()]);
      }
    }),
  );
});
