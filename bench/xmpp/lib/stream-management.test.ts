import assert from 'node:assert/strict';
import { test } from 'node:test';
import { StreamManagement } from './stream-management.ts';

function managed(): { management: StreamManagement; written: string[] } {
  const written: string[] = [];
  return { management: new StreamManagement((text) => written.push(text)), written };
}

test('XEP-0198 §4: only stanzas are counted, and <r/> is answered with their number', () => {
  const { management, written } = managed();
  for (const xml of ['<message/>', '<presence/>', "<iq type='get'/>", '<stream:features/>']) {
    assert.equal(management.take(xml), false);
  }
  assert.equal(management.take("<r xmlns='urn:xmpp:sm:3'/>"), true);
  assert.deepEqual(written, ["<a xmlns='urn:xmpp:sm:3' h='3'/>"]);
});

test('XEP-0198 §4: an acknowledgement is told of once, and an impossible one is held against the server', () => {
  const { management } = managed();
  const heard: number[] = [];
  management.onAcknowledged = () => heard.push(management.acknowledged);
  management.sent = 3;
  for (const h of ['1', '1', '3', '2', '4', 'x']) management.take(`<a xmlns='urn:xmpp:sm:3' h='${h}'/>`);
  assert.deepEqual(heard, [1, 3]);
  assert.equal(management.wrongAnswers, 3);
});
