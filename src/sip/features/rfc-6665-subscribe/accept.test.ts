import assert from 'node:assert/strict';
import { test } from 'node:test';
import { qualityOf } from './accept.ts';

const PIDF = 'application/pidf+xml';

test('RFC 3261 §20.1: a type is wanted as much as its q says, and 0 is not at all', () => {
  assert.equal(qualityOf(PIDF, PIDF), 1);
  assert.equal(qualityOf(`text/plain, ${PIDF};q=0.3`, PIDF), 0.3);
  assert.equal(qualityOf(`${PIDF} ; Q = 0`, PIDF), 0);
  assert.equal(qualityOf('text/plain', PIDF), 0);
  assert.equal(qualityOf('', PIDF), 0);
  assert.equal(qualityOf(`${PIDF};q=seven`, PIDF), 1);
});

test('RFC 3261 §20.1: what names a type outdoes what names a kind of types', () => {
  assert.equal(qualityOf(`*/*;q=0.9, ${PIDF};q=0.2, application/*;q=0.5`, PIDF), 0.2);
  assert.equal(qualityOf('application/*;q=0.5, */*', PIDF), 0.5);
  assert.equal(qualityOf('*/*;q=0.1', PIDF), 0.1);
});
