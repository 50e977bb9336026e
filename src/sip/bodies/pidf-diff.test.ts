import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { SipError } from '../wire/sip-error.ts';
import { type Pidf, readPidf } from './pidf.ts';
import { patchPidf, readPidfDiff, writePidfDiff, writePidfFull } from './pidf-diff.ts';
import { pidfElement } from './pidf-writer.ts';

const HEAD =
  'xmlns="urn:ietf:params:xml:ns:pidf" xmlns:p="urn:ietf:params:xml:ns:pidf-diff" xmlns:r="urn:ietf:params:xml:ns:pidf:rpid" entity="pres:someone@example.com"';
const FULL = `<?xml version="1.0" encoding="UTF-8"?>
  <p:pidf-full ${HEAD} version="567">
    <tuple id="sg89ae"><status><basic>open</basic></status><r:relationship>assistant</r:relationship>
      <contact priority="0.8">tel:09012345678</contact></tuple>
    <tuple id="cg231jcr"><status><basic>open</basic></status><contact priority="1.0">im:pep@example.com</contact></tuple>
    <tuple id="r1230d"><status><basic>closed</basic></status><contact priority="0.9">http://pep.example.com/~pep/</contact></tuple>
    <note xml:lang="en">Full state presence document</note>
  </p:pidf-full>`;
const diff = (operations: string) => `<p:pidf-diff ${HEAD} version="568">${operations}</p:pidf-diff>`;

test('RFC 5262 §5: the examples', () => {
  const full = readPidfDiff(FULL);
  assert.ok(full.kind === 'full');
  assert.equal(full.version, 567);
  const changes = readPidfDiff(
    diff(`<p:add sel="presence/note" pos="before"><tuple id="ert4773"><status><basic>open</basic></status>
      <contact priority="0.4">mailto:pep@example.com</contact><note xml:lang="en">This is a new tuple inserted</note></tuple></p:add>
    <p:replace sel="*/tuple[@id='r1230d']/status/basic/text()">open</p:replace>
    <p:remove sel="*/tuple[@id='sg89ae']/r:relationship"/>
    <p:replace sel="*/tuple[@id='cg231jcr']/contact/@priority">0.7</p:replace>`),
  );
  assert.ok(changes.kind === 'diff');
  assert.deepEqual([changes.entity, changes.version], ['pres:someone@example.com', 568]);
  const { pidf } = patchPidf(full.document, changes.patches);
  assert.deepEqual(
    pidf.tuples.map(({ id, basic, contact, extra }) => [id, basic, contact?.priority, extra.length]),
    [
      ['sg89ae', 'open', 0.8, 0],
      ['cg231jcr', 'open', 0.7, 0],
      ['r1230d', 'open', 0.9, 0],
      ['ert4773', 'open', 0.4, 0],
    ],
  );
});

const before = readPidf(FULL.replaceAll('p:pidf-full', 'presence'));

test('RFC 5263: a whole document with its version', () => {
  const back = readPidfDiff(writePidfFull(before, 3));
  assert.ok(back.kind === 'full');
  assert.equal(back.version, 3);
  assert.deepEqual(back.pidf, before);
});

const CHANGES: [title: string, after: Pidf, operations: number][] = [
  ['nothing', before, 0],
  ['a status', { ...before, tuples: before.tuples.map((one, i) => (i === 0 ? { ...one, basic: 'closed' } : one)) }, 1],
  ['a tuple goes', { ...before, tuples: before.tuples.slice(1) }, 1],
  ['a tuple comes first', { ...before, tuples: [{ ...before.tuples[0]!, id: 'new' }, ...before.tuples] }, 1],
  ['a person comes', { ...before, persons: [{ id: 'p', notes: { '': 'x' }, extra: [], activities: { names: ['away', 'busy'], notes: {} } }] }, 1],
  ['a note in another language', { ...before, notes: { en: 'a', de: 'b' } }, 2],
  ['notes go', { ...before, notes: {} }, 1],
  ['another entity', { ...before, entity: 'sip:other@example.com' }, 1],
]; // biome-ignore format: a table

describe('RFC 5262: what has changed', () => {
  for (const [title, after, operations] of CHANGES) {
    test(title, () => {
      const written = writePidfDiff(before, after, 4);
      assert.ok(written !== undefined);
      const read = readPidfDiff(written);
      assert.ok(read.kind === 'diff');
      assert.equal(read.patches.length, operations);
      assert.deepEqual(patchPidf(pidfElement(before), read.patches).pidf, after);
    });
  }
  test('what changes places is told by the whole document', () => {
    assert.equal(writePidfDiff(before, { ...before, tuples: [...before.tuples].reverse() }, 4), undefined);
  });
});

const REFUSED: [title: string, body: string, reason: string][] = [
  ['another root', `<presence ${HEAD}/>`, 'Bad PIDF diff: its root is neither pidf-full nor pidf-diff'],
  ['a whole document without entity', FULL.replace('entity=', 'e='), 'Bad PIDF: presence has no entity'],
  ['what is not there', diff('<p:remove sel="presence/tuple[@id=\'x\']"/>'), 'Bad PIDF diff: unlocated-node'],
  ['what leaves a faulty document', diff('<p:remove sel="presence/tuple[1]/@id"/>'), 'Bad PIDF: a tuple has no id'],
  ['what leaves another document', diff('<p:replace sel="presence"><x/></p:replace>'), 'Bad PIDF diff: what it leaves is no presence'],
]; // biome-ignore format: a table

describe('changes that are refused', () => {
  for (const [title, body, reason] of REFUSED) {
    test(title, () => {
      assert.throws(
        () => {
          const read = readPidfDiff(body);
          if (read.kind === 'diff') patchPidf(pidfElement(before), read.patches);
        },
        (error) => error instanceof SipError && error.status === 400 && error.reason === reason,
      );
    });
  }
});
