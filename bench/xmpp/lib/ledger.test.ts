import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DeliveryLedger } from './ledger.ts';

test('RFC 6120 §10.1: what arrives once and in order is accepted', () => {
  const ledger = new DeliveryLedger([[1, 2], [], []]);
  const first = ledger.send(0);
  const second = ledger.send(0);
  for (const receiver of [1, 2]) {
    assert.ok(ledger.arrive(receiver, 0, first));
    assert.ok(ledger.arrive(receiver, 0, second));
  }
  assert.equal(ledger.verdict().ok, true);
  assert.equal(ledger.verdict().delivered, 4);
});

test('RFC 6120 §10.1: loss, duplicates, overtaking and misdelivery are told apart', () => {
  const send = (count: number): DeliveryLedger => {
    const ledger = new DeliveryLedger([[1], [0], []]);
    for (let i = 0; i < count; i++) ledger.send(0);
    return ledger;
  };
  const lost = send(2);
  lost.arrive(1, 0, 1);
  assert.deepEqual([lost.verdict().ok, lost.verdict().lost], [false, 1]);

  const twice = send(1);
  twice.arrive(1, 0, 1);
  assert.equal(twice.arrive(1, 0, 1), false);
  assert.deepEqual([twice.verdict().ok, twice.verdict().duplicatedOrLate], [false, 1]);

  const overtaken = send(2);
  overtaken.arrive(1, 0, 2);
  overtaken.arrive(1, 0, 1);
  assert.deepEqual(
    [overtaken.verdict().ok, overtaken.verdict().skipped, overtaken.verdict().duplicatedOrLate],
    [false, 1, 1],
  );

  const astray = send(1);
  astray.arrive(1, 0, 1);
  astray.arrive(2, 0, 1);
  assert.deepEqual([astray.verdict().ok, astray.verdict().misdelivered], [false, 1]);

  const invented = send(1);
  invented.arrive(1, 0, 2);
  assert.equal(invented.verdict().ok, false);
});
