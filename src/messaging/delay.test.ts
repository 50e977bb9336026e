import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { element } from '#xml/element.ts';
import { parseElement } from '#xml/parse-element.ts';
import { serialize } from '#xml/serializer.ts';
import { readDelay, writeDelay } from './delay.ts';

const SAID_AT = Date.UTC(2002, 8, 10, 23, 8, 25);

test('XEP-0203 §2: a delay says when and by whom, and may say why', () => {
  const delay = writeDelay({ from: 'capulet.com', at: SAID_AT, reason: 'Offline Storage' });
  const written =
    "<delay xmlns='urn:xmpp:delay' from='capulet.com' stamp='2002-09-10T23:08:25.000Z'>Offline Storage</delay>";
  assert.equal(serialize(delay), written);
  assert.deepEqual(readDelay(element('message', 'jabber:client', {}, delay)), {
    from: 'capulet.com',
    at: SAID_AT,
    reason: 'Offline Storage',
  });
});

test('XEP-0203 §3: the delay of one origin is told from that of another', () => {
  const stanza = parseElement(
    `<message xmlns='jabber:client'><body>But soft!</body>
      <delay xmlns='urn:xmpp:delay' from='coven@chat.shakespeare.lit' stamp='2002-09-10T23:05:37Z'/>
      <delay xmlns='urn:xmpp:delay' from='capulet.com' stamp='2002-09-10T23:08:25Z'/></message>`,
  );
  assert.equal(readDelay(stanza)?.from, 'coven@chat.shakespeare.lit');
  assert.equal(readDelay(stanza, 'capulet.com')?.at, SAID_AT);
  assert.equal(readDelay(stanza, 'montague.net'), undefined);
});

test('a delay without a stamp that can be read is none', () => {
  for (const stamp of ['', "stamp='yesterday'", "stamp='20020910T23:08:25'"]) {
    assert.equal(readDelay(parseElement(`<message><delay xmlns='urn:xmpp:delay' ${stamp}/></message>`)), undefined);
  }
});

test('what is written is read back the same', () => {
  fc.assert(
    fc.property(fc.string(), fc.nat(), fc.string(), (from, at, reason) => {
      const stanza = element('message', 'jabber:client', {}, writeDelay({ from, at, reason }));
      assert.deepEqual(readDelay(stanza), { from, at, reason });
    }),
  );
});
