import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { SipError } from '../wire/sip-error.ts';
import { type Pidf, readPidf } from './pidf.ts';
import { composePidf } from './pidf-compose.ts';
import { sphereOf } from './pidf-extensions.ts';
import { phoneStateOf } from './pidf-phone.ts';
import { activityNames, asXmlId, fromPublication, mediaOf, toPublication } from './pidf-publication.ts';
import { writePidf } from './pidf-writer.ts';

const ROOT = `<presence xmlns="urn:ietf:params:xml:ns:pidf" xmlns:dm="urn:ietf:params:xml:ns:pidf:data-model"
  xmlns:r="urn:ietf:params:xml:ns:pidf:rpid" xmlns:s="urn:ietf:params:xml:ns:pidf:status:rpid"
  xmlns:old="urn:ietf:params:xml:ns:pidf:status:rpid-status" xmlns:ce="urn:cisco:params:xml:ns:pidf:rpid"
  xmlns:sc="urn:ietf:params:xml:ns:pidf:servcaps" xmlns:ci="urn:ietf:params:xml:ns:pidf:cipid" entity="sip:a@example.com">`;
const read = (inside: string) => readPidf(`${ROOT}${inside}</presence>`);
const bytes = (text: string) => Buffer.from(text, 'utf8').toString('latin1');

test('RFC 3863 §4.3.2: the example with default namespace, languages and priorities', () => {
  const pidf = readPidf(
    bytes(`<?xml version="1.0" encoding="UTF-8"?>
    <presence xmlns="urn:ietf:params:xml:ns:pidf" xmlns:im="urn:ietf:params:xml:ns:pidf:im"
         xmlns:myex="http://id.example.com/presence/" entity="pres:someone@example.com">
      <tuple id="bs35r9">
        <status><basic>open</basic><im:im>busy</im:im><myex:location>home</myex:location></status>
        <contact priority="0.8">im:someone@mobilecarrier.net</contact>
        <note xml:lang="en">Don't Disturb Please!</note>
        <note xml:lang="fr">Ne derangez pas, s'il vous plaît</note>
        <timestamp>2001-10-27T16:49:29Z</timestamp>
      </tuple>
      <tuple id="eg92n8"><status><basic>open</basic></status>
        <contact priority="1.0">mailto:someone@example.com</contact></tuple>
      <note>I'll be in Tokyo next week</note>
    </presence>`),
  );
  const [mobile, mail] = pidf.tuples;
  assert.equal(pidf.entity, 'pres:someone@example.com');
  assert.deepEqual(mobile!.contact, { uri: 'im:someone@mobilecarrier.net', priority: 0.8 });
  assert.deepEqual(mobile!.notes, { en: "Don't Disturb Please!", fr: "Ne derangez pas, s'il vous plaît" });
  assert.equal(mobile!.timestamp, Date.UTC(2001, 9, 27, 16, 49, 29));
  assert.deepEqual(
    mobile!.statusExtra.map(({ name, ns }) => [name, ns]),
    [
      ['im', 'urn:ietf:params:xml:ns:pidf:im'],
      ['location', 'http://id.example.com/presence/'],
    ],
  );
  assert.equal(mail!.contact!.priority, 1);
  assert.deepEqual(pidf.notes, { '': "I'll be in Tokyo next week" });
  assert.deepEqual(readPidf(writePidf(pidf)), pidf);
});

const PLACES: [title: string, inside: string, names: string[]][] = [
  ['RFC 4480 under a person', '<dm:person id="p"><r:activities><r:on-the-phone/></r:activities></dm:person>', ['on-the-phone']],
  ['in a tuple, of the draft', '<tuple id="t"><status/><s:activities><s:busy/></s:activities></tuple>', ['busy']],
  ['in a status', '<tuple id="t"><status><s:activities><s:busy/></s:activities></status></tuple>', ['busy']],
  ['directly below the root', '<r:activities><r:meeting/></r:activities>', ['meeting']],
  ['as text, of an older draft', '<tuple id="t"><status><old:activities><old:activity>On-the-phone </old:activity></old:activities></status></tuple>', ['on-the-phone']],
  ['of phones', '<dm:person><s:activities><ce:alerting/></s:activities></dm:person>', ['alerting']],
  ['wholly of phones', '<ce:person><ce:activities><ce:dnd/></ce:activities></ce:person>', ['dnd']],
  ['in two elements', '<r:activities><r:away/></r:activities><r:activities><r:away/><r:meal/></r:activities>', ['away', 'meal']],
  ['of nobody we know', '<r:activities xmlns:x="urn:x"><x:knitting/></r:activities>', ['{urn:x}knitting']],
]; // biome-ignore format: a table

describe('activities', () => {
  for (const [title, inside, names] of PLACES) {
    test(title, () => {
      const pidf = read(inside);
      assert.deepEqual(activityNames(pidf), names);
      assert.deepEqual(activityNames(readPidf(writePidf(pidf))), names);
    });
  }
});

const PHONES: [title: string, inside: string, line: string, doNotDisturb: boolean][] = [
  ['idle', '<tuple id="t"><status><basic>open</basic></status></tuple>', 'idle', false],
  ['in use: closed and busy', '<tuple id="t"><status><basic>closed</basic></status><s:activities><s:busy/></s:activities></tuple>', 'busy', false],
  ['not registered', '<tuple id="t"><status><basic>closed</basic></status></tuple>', 'unavailable', false],
  ['in a call, by the data model', '<dm:person><s:activities><s:on-the-phone/></s:activities></dm:person><tuple id="4711"><status><basic>open</basic></status></tuple>', 'busy', false],
  ['ringing', '<dm:person><s:activities><ce:alerting/></s:activities></dm:person><tuple id="4711"><status><basic>open</basic></status></tuple>', 'ringing', false],
  ['do not disturb', '<dm:person><s:activities><ce:dnd/></s:activities></dm:person>', 'idle', true],
  ['its word for unavailable', '<tuple id="t"><status><basic>open</basic></status></tuple><ce:activities><ce:unavailable/></ce:activities>', 'unavailable', false],
]; // biome-ignore format: a table

describe('what a call manager says of a phone', () => {
  for (const [title, inside, line, doNotDisturb] of PHONES) {
    test(title, () => assert.deepEqual(phoneStateOf(read(inside)), { line, doNotDisturb }));
  }
});

const REFUSED: [title: string, body: string, reason: string][] = [
  ['no XML', 'hello', 'Bad PIDF: there is no element'],
  ['another root', '<presence xmlns="jabber:client"/>', 'Bad PIDF: its root is not presence'],
  ['RFC 3863 §4.1.1: no entity', '<presence xmlns="urn:ietf:params:xml:ns:pidf"/>', 'Bad PIDF: presence has no entity'],
  ['RFC 3863 §4.1.2: a tuple without id', `${ROOT}<tuple><status/></tuple></presence>`, 'Bad PIDF: a tuple has no id'],
  ['RFC 3863 §4.1.2: an id twice', `${ROOT}<tuple id="a"/><tuple id="a"/></presence>`, 'Bad PIDF: two tuples have the same id'],
  ['a document type', '<!DOCTYPE presence []><presence/>', 'Bad PIDF: document types are not allowed'],
  ['too deep', `${ROOT}${'<a>'.repeat(30)}`, 'Bad PIDF: elements are nested too deep'],
  ['too many parts', `${ROOT}${'<dm:person/>'.repeat(501)}</presence>`, 'Bad PIDF: it has more than 500 parts'],
]; // biome-ignore format: a table

describe('documents that are refused', () => {
  for (const [title, body, reason] of REFUSED) {
    test(title, () => {
      assert.throws(
        () => readPidf(body),
        (error) => error instanceof SipError && error.status === 400 && error.reason === reason,
      );
    });
  }
  test('one that is too long', () => {
    assert.throws(
      () => readPidf(' '.repeat(300_000)),
      (error) => error instanceof SipError && error.status === 413,
    );
  });
});

test('what is faulty but harms nobody is left out', () => {
  const { tuples } = read(
    `<tuple id="t"><status><basic>unkown</basic></status><contact priority="7">sip:a</contact><timestamp>now</timestamp></tuple>`,
  );
  assert.deepEqual(tuples[0], { id: 't', notes: {}, extra: [], statusExtra: [], contact: { uri: 'sip:a' } });
});

test('RFC 4482, 4480 §3.10, 5196: extensions are kept word for word, and can be asked for', () => {
  const pidf =
    read(`<tuple id="t"><status/><sc:servcaps><sc:audio>true</sc:audio><sc:video>false</sc:video></sc:servcaps>
    <x xmlns="" y="&lt;"/></tuple><dm:person id="p"><r:sphere><r:work/></r:sphere>
    <ci:display-name>Anna</ci:display-name><ci:icon>http://example.com/a.png</ci:icon></dm:person>`);
  assert.deepEqual(mediaOf(pidf.tuples[0]!), ['audio']);
  assert.equal(sphereOf(pidf), 'work');
  assert.deepEqual(readPidf(writePidf(pidf)), pidf);
});

test('namespaces are declared once, at the root, with the prefixes that clients look for', () => {
  const { tuples, persons } = fromPublication(
    { device: 'balcony', availability: 'away', priority: 127, notes: { '': 'até já' }, at: Date.UTC(2026, 0, 2) },
    { id: 'balcony', contact: 'sip:a@example.com' },
  );
  const written = writePidf(composePidf('sip:a@example.com', { tuples, persons }));
  assert.equal(
    written,
    bytes(
      '<?xml version="1.0" encoding="UTF-8"?>\n<presence xmlns="urn:ietf:params:xml:ns:pidf" xmlns:xmpp="jabber:client" ' +
        'xmlns:dm="urn:ietf:params:xml:ns:pidf:data-model" xmlns:rpid="urn:ietf:params:xml:ns:pidf:rpid" ' +
        'entity="sip:a@example.com"><tuple id="balcony"><status><basic>open</basic><xmpp:show>away</xmpp:show></status>' +
        '<contact priority="1">sip:a@example.com</contact><note>até já</note><timestamp>2026-01-02T00:00:00Z</timestamp>' +
        '</tuple><dm:person id="p-balcony"><rpid:activities><rpid:away/></rpid:activities></dm:person></presence>',
    ),
  );
});

const said = (inside: string) => toPublication(read(inside), 'phone', 7);
const OPEN = '<tuple id="t"><status><basic>open</basic></status></tuple>';
const doing = (name: string) => `${OPEN}<dm:person><r:activities>${name}</r:activities></dm:person>`;
const AVAILABILITIES: [title: string, inside: string, availability: string | undefined, activities?: string[]][] = [
  ['open', OPEN, 'available'],
  ['closed: it is unavailable', '<tuple id="t"><status><basic>closed</basic></status></tuple>', undefined],
  ['away', doing('<r:away/>'), 'away'],
  ['busy', doing('<r:busy/>'), 'do-not-disturb'],
  ['dnd of phones', doing('<ce:dnd/>'), 'do-not-disturb'],
  ['linphone: do not disturb', doing('<r:other>Do not disturb</r:other>'), 'do-not-disturb'],
  ['on the phone: nobody said away', doing('<r:on-the-phone/>'), 'available', ['on-the-phone']],
  ['in a meeting', doing('<r:meeting/>'), 'available', ['meeting']],
  ['on vacation', doing('<r:vacation/>'), 'extended-away', ['vacation']],
  ['RFC 8048 §5.2: show', '<tuple id="t"><status><basic>open</basic><show xmlns="jabber:client">xa</show></status></tuple>', 'extended-away'],
  ['a show that does not exist', '<tuple id="t"><status><show xmlns="jabber:client">constructor</show></status></tuple>', 'available'],
  ['one open tuple is enough', `<tuple id="a"><status><basic>closed</basic></status></tuple>${OPEN}`, 'available'],
  ['no tuple at all', doing('<r:away/>').replace(OPEN, ''), 'away'],
]; // biome-ignore format: a table

describe('RFC 8048 §6.2: what the middle makes of a document', () => {
  for (const [title, inside, availability, activities] of AVAILABILITIES) {
    test(title, () => {
      assert.equal(said(inside)?.availability, availability);
      assert.deepEqual(said(inside)?.activities, activities);
    });
  }
  test('closed and on vacation: it cannot be reached, and says why', () => {
    const found = said(
      '<tuple id="t"><status><basic>closed</basic></status><r:activities><r:vacation/></r:activities></tuple>',
    );
    assert.deepEqual([found?.isOpen, found?.activities], [false, ['vacation']]);
  });
});

test('RFC 8048: what the middle knows comes back the same', () => {
  for (const availability of ['chat', 'available', 'away', 'extended-away', 'do-not-disturb'] as const) {
    const publication = {
      device: 'd',
      availability,
      priority: 5,
      notes: { '': 'here', de: 'hier' },
      at: Date.UTC(2026, 1, 2, 3, 4, 5),
      activities: ['meeting'],
      moods: ['happy'],
      placeType: 'office',
      idleSince: Date.UTC(2026, 1, 2, 3),
      media: ['audio', 'text'] as const,
    };
    const parts = fromPublication(publication, { id: 'd', contact: 'sip:a@example.com' });
    const back = toPublication(readPidf(writePidf(composePidf('sip:a@example.com', parts))), 'd', publication.at);
    assert.deepEqual(back, publication);
  }
});

test('phones of a call manager are told in their own word that nobody is to disturb', () => {
  const publication = { device: 'd', availability: 'do-not-disturb', priority: 0, notes: {}, at: 0 } as const;
  const pidf: Pidf = composePidf('sip:a', fromPublication(publication, { id: 'd', isForCallManager: true }));
  assert.deepEqual(phoneStateOf(readPidf(writePidf(pidf))), { line: 'busy', doNotDisturb: true });
});

test('what XML has no place for does not break a document', () => {
  const publication = { device: 'd', availability: 'away', priority: 0, notes: { '': 'a\u0000b' }, at: 0 } as const;
  const parts = fromPublication({ ...publication, activities: ['<x/>', 'meeting'] }, { id: 'd' });
  const { tuples, persons } = readPidf(writePidf(composePidf('sip:a', parts)));
  assert.deepEqual(tuples[0]!.notes, { '': 'a\ufffdb' });
  assert.deepEqual(persons[0]!.activities!.names, ['meeting', 'away']);
});

test('RFC 3863 §4.1.2: sources that use one id are told apart, and the first keeps it', () => {
  const one = read('<tuple id="a"><status/></tuple><dm:person id="p"/>');
  const two = read(
    '<tuple id="a"><status/></tuple><dm:person/><dm:device id="a"/><r:activities><r:away/></r:activities>',
  );
  const { tuples, persons, devices } = composePidf('sip:x', one, two);
  assert.deepEqual(
    [...tuples, ...persons, ...devices].map(({ id }) => id),
    ['a', 'a-3', 'p', 'p4', 'p5', 'a-6'],
  );
  assert.deepEqual(persons[2]!.activities!.names, ['away']);
});

test('RFC 3863 §4.1.2: an id is an xs:ID, whatever the device is called', () => {
  assert.equal(asXmlId('balcony'), 'balcony');
  for (const name of ['1 a', 'ä/b', '', 'a_b', '<x>']) assert.match(asXmlId(name), /^[A-Za-z_][\w.-]*$/);
  assert.notEqual(asXmlId('a b'), asXmlId('a_20.b'));
});
