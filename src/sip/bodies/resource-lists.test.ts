import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { SipError } from '../wire/sip-error.ts';
import { readResourceLists, urisOf } from './resource-lists.ts';
import { readRlsServices } from './rls-services.ts';

const LISTS = `<?xml version="1.0" encoding="UTF-8"?>
  <resource-lists xmlns="urn:ietf:params:xml:ns:resource-lists" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
    <list name="friends">
      <entry uri="sip:bill@example.com"><display-name>Bill Doe</display-name></entry>
      <entry-ref ref="resource-lists/users/sip:bill@example.com/index/~~/resource-lists/list%5b@name=%22list1%22%5d/entry%5b@uri=%22sip:petri@example.com%22%5d"/>
      <list name="close-friends"><display-name xml:lang="en">Close Friends</display-name>
        <entry uri="sip:joe@example.com"/><entry uri="sip:bill@example.com"/>
        <external anchor="http://xcap.example.org/resource-lists/users/sip:a@example.org/index/~~/resource-lists/list%5b@name=%22mkting%22%5d">
          <display-name>Marketing</display-name></external>
      </list>
    </list>
  </resource-lists>`;

test('RFC 4826 §3.4: the example', () => {
  const lists = readResourceLists(LISTS);
  const [friends] = lists;
  assert.equal(friends!.name, 'friends');
  assert.deepEqual(friends!.members[0], {
    kind: 'entry',
    uri: 'sip:bill@example.com',
    displayNames: { '': 'Bill Doe' },
  });
  const close = friends!.members[2]!;
  assert.ok(close.kind === 'list');
  assert.deepEqual(close.displayNames, { en: 'Close Friends' });
  assert.deepEqual(
    close.members.map(({ kind }) => kind),
    ['entry', 'entry', 'external'],
  );
});

test('RFC 5363 §4.1: the URIs of a list that a request brings along, each once', () => {
  assert.deepEqual([...urisOf(readResourceLists(LISTS))], ['sip:bill@example.com', 'sip:joe@example.com']);
});

test('RFC 5364 §4: in whose sight somebody is addressed', () => {
  const lists = readResourceLists(`<resource-lists xmlns="urn:ietf:params:xml:ns:resource-lists"
    xmlns:cp="urn:ietf:params:xml:ns:copycontrol"><list><entry uri="sip:a" cp:copyControl="to"/>
    <entry uri="sip:b" cp:copyControl="bcc" cp:anonymize="true"/><entry uri="sip:c" cp:copyControl="no"/></list></resource-lists>`);
  assert.deepEqual(lists[0]!.members, [
    { kind: 'entry', uri: 'sip:a', displayNames: {}, copyControl: 'to' },
    { kind: 'entry', uri: 'sip:b', displayNames: {}, copyControl: 'bcc', isAnonymized: true },
    { kind: 'entry', uri: 'sip:c', displayNames: {} },
  ]);
});

const SERVICES = `<rls-services xmlns="urn:ietf:params:xml:ns:rls-services" xmlns:rl="urn:ietf:params:xml:ns:resource-lists">
    <service uri="sip:mybuddies@example.com">
      <resource-list>http://xcap.example.com/resource-lists/users/sip:joe@example.com/index/~~/resource-lists/list%5b@name=%22l1%22%5d</resource-list>
      <packages><package>presence</package></packages>
    </service>
    <service uri="sip:marketing@example.com">
      <list name="marketing"><rl:entry uri="sip:joe@example.com"/><rl:entry uri="sip:sudhir@example.com"/></list>
      <packages><package>presence</package></packages>
    </service>
  </rls-services>`;

test('RFC 4826 §4.3: the example', () => {
  const services = readRlsServices(SERVICES);
  assert.equal(services[0]!.list.kind, 'resource-list');
  assert.deepEqual(services[0]!.packages, ['presence']);
  assert.ok(services[1]!.list.kind === 'list');
  assert.deepEqual([...urisOf([services[1]!.list])], ['sip:joe@example.com', 'sip:sudhir@example.com']);
});

const REFUSED: [title: string, body: string, reason: string][] = [
  ['an entry without uri', LISTS.replace('entry uri', 'entry u'), 'Bad resource lists: an entry has no uri'],
  ['an entry-ref without ref', LISTS.replace('entry-ref ref', 'entry-ref r'), 'Bad resource lists: an entry-ref has no ref'],
  ['§3.2: a name twice', LISTS.replace('</resource-lists>', '<list name="friends"/></resource-lists>'), 'Bad resource lists: two lists have the same name'],
  ['too many members', `<resource-lists xmlns="urn:ietf:params:xml:ns:resource-lists"><list>${'<entry uri="a"/>'.repeat(5001)}</list></resource-lists>`, 'Bad resource lists: they have more than 5000 members'],
  ['lists without end', `<resource-lists xmlns="urn:ietf:params:xml:ns:resource-lists">${'<list>'.repeat(30)}`, 'Bad resource lists: elements are nested too deep'],
]; // biome-ignore format: a table

const REFUSED_SERVICES: [title: string, body: string, reason: string][] = [
  [
    '§4.3: a URI twice',
    SERVICES.replace('marketing@', 'mybuddies@'),
    'Bad RLS services: two services have the same URI',
  ],
  ['a service without uri', SERVICES.replace('service uri', 'service u'), 'Bad RLS services: a service has no uri'],
  ['a service without list', SERVICES.replaceAll('resource-list>', 'x>'), 'Bad RLS services: a service has no list'],
];

describe('documents that are refused', () => {
  const refusal = (reason: string) => (error: unknown) =>
    error instanceof SipError && error.status === 400 && error.reason === reason;
  for (const [title, body, reason] of REFUSED) {
    test(title, () => assert.throws(() => readResourceLists(body), refusal(reason)));
  }
  for (const [title, body, reason] of REFUSED_SERVICES) {
    test(title, () => assert.throws(() => readRlsServices(body), refusal(reason)));
  }
});
