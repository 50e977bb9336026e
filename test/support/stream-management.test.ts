import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { element } from '#xml/element.ts';
import { StreamManagement } from './stream-management.ts';

const message = (id: number) => element('message', 'jabber:client', { id: `${id}` });

describe("XEP-0198 §4, the client's books", () => {
  test('an acknowledgement gives the stanzas that it is new for, in order, and leaves the others', () => {
    const management = new StreamManagement();
    const stanzas = [1, 2, 3].map(message);
    for (const stanza of stanzas) management.sent(stanza);
    assert.deepEqual(management.acknowledge(2), stanzas.slice(0, 2));
    assert.deepEqual(management.acknowledge(2), []);
    assert.deepEqual(management.unacknowledged, stanzas.slice(2));
  });

  test('more than was sent, less than before, and what is no number are faults of the server', () => {
    const management = new StreamManagement();
    for (const id of [1, 2, 3]) management.sent(message(id));
    management.acknowledge(2);
    for (const h of [4, 1, -1, 2.5, Number.NaN, 2 ** 32]) assert.throws(() => management.acknowledge(h), /XEP-0198 §4/);
  });

  test('whatever the order of sending and acknowledging, each stanza is acknowledged exactly once', () => {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 5 })), (steps) => {
        const management = new StreamManagement();
        const acknowledged: string[] = [];
        let sent = 0;
        for (const step of steps) {
          if (step > 0) for (let i = 0; i < step; i++) management.sent(message(++sent));
          else for (const stanza of management.acknowledge(sent)) acknowledged.push(stanza.attribute('id')!);
        }
        for (const stanza of management.acknowledge(sent)) acknowledged.push(stanza.attribute('id')!);
        assert.deepEqual(
          acknowledged,
          Array.from({ length: sent }, (_, i) => `${i + 1}`),
        );
      }),
    );
  });
});
