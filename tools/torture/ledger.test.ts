import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Ledger, type Said, type Seen } from './ledger.ts';

const ROMEO = 'romeo@example.test';
const JULIET = 'juliet@example.test';

function said(sequence: number): Said {
  return { id: `m${sequence}`, from: ROMEO, to: JULIET, sequence, body: `Hark ${sequence}` };
}

function seen(sequence: number, other: Partial<Seen> = {}): Seen {
  const { id, from, to, body } = said(sequence);
  return { id, from, to, body, stanzaId: `s${sequence}`, ...other };
}

/** A ledger in which two messages went the way they should. */
function healthy(): Ledger {
  const ledger = new Ledger();
  for (const sequence of [1, 2]) {
    ledger.said(said(sequence));
    ledger.acknowledged(`m${sequence}`);
    ledger.received(JULIET, 'juliet 1', seen(sequence));
  }
  ledger.archived(ROMEO, [seen(1, { stanzaId: 'a1' }), seen(2, { stanzaId: 'a2' })]);
  ledger.archived(JULIET, [seen(1), seen(2)]);
  return ledger;
}

describe('The ledger of the torture', () => {
  test('finds nothing where all went well', () => {
    const report = healthy().report();
    assert.deepEqual(report, {
      sent: 2,
      acknowledged: 2,
      received: 2,
      duplicatesAcrossSessions: 0,
      lost: [],
      violations: [],
    });
  });

  test('counts a message that a later session gets again, under the same stanza-id', () => {
    const ledger = healthy();
    ledger.received(JULIET, 'juliet 2', seen(2));
    const report = ledger.report();
    assert.equal(report.duplicatesAcrossSessions, 1);
    assert.deepEqual(report.violations, []);
  });

  test('tells of an acknowledged message that is nowhere', () => {
    const ledger = healthy();
    ledger.said(said(3));
    ledger.acknowledged('m3');
    assert.equal(ledger.missing(), 1);
    assert.deepEqual(ledger.report().lost, [
      "m3 is not in its sender's archive",
      "m3 is not in its receiver's archive",
      'm3 never reached its receiver',
    ]);
  });

  test('lets a message be lost that was not acknowledged', () => {
    const ledger = healthy();
    ledger.said(said(3));
    assert.equal(ledger.missing(), 0);
    assert.deepEqual(ledger.report().lost, []);
  });

  const wrongs: Record<string, [(ledger: Ledger) => void, RegExp]> = {
    'a message twice in one session': [
      (ledger) => ledger.received(JULIET, 'juliet 1', seen(2)),
      /m2 was received twice in the session juliet 1/,
    ],
    'a message under two stanza-ids': [
      (ledger) => ledger.received(JULIET, 'juliet 2', seen(2, { stanzaId: 'other' })),
      /m2 goes by several stanza-ids: s2, other/,
    ],
    'a message without a stanza-id': [
      (ledger) => ledger.received(JULIET, 'juliet 2', seen(2, { stanzaId: undefined })),
      /without a stanza-id/,
    ],
    'messages out of order in a session': [
      (ledger) => {
        ledger.received(JULIET, 'juliet 2', seen(2));
        ledger.received(JULIET, 'juliet 2', seen(1));
      },
      /m1 came after number 2/,
    ],
    'a changed text': [
      (ledger) => ledger.received(JULIET, 'juliet 2', seen(2, { body: 'Hark' })),
      /m2 received by juliet@example.test is not what was sent/,
    ],
    'a message at the wrong account': [
      (ledger) => ledger.received(ROMEO, 'romeo 1', seen(2)),
      /m2 for juliet@example.test was received by romeo/,
    ],
    'a message that nobody sent': [
      (ledger) => ledger.received(JULIET, 'juliet 1', seen(9)),
      /nobody sent m9, received by juliet/,
    ],
    'a message twice in an archive': [
      (ledger) => ledger.archived(JULIET, [seen(2)]),
      /m2 is 2 times in its receiver's archive/,
    ],
    'an archive out of order': [
      (ledger) => ledger.archived('spy@example.test', [seen(2), seen(1)]),
      /m1 is out of order in spy@example.test's archive/,
    ],
    'an archive id given twice': [
      (ledger) => ledger.archived('spy@example.test', [seen(1), seen(2, { stanzaId: 's1' })]),
      /two messages in the archive of spy@example.test are s1/,
    ],
  };
  for (const [name, [wrong, expected]] of Object.entries(wrongs)) {
    test(`tells of ${name}`, () => {
      const ledger = healthy();
      wrong(ledger);
      const { lost, violations } = ledger.report();
      assert.deepEqual(lost, []);
      assert.match(violations.join('\n'), expected);
    });
  }
});
