import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type Circumstances, judge, nextTurn, type Verdict, verdictOf } from './judging.ts';
import { NO_PORTION, type Portion } from './portion.ts';
import type { Handling, PresenceRule, Whom } from './rule.ts';

const BOB = 'bob@example.com';
const NOON: Circumstances = { now: 1200, sphere: 'work' };
const WHOLE: Portion = { ...NO_PORTION, services: 'all', persons: 'all', devices: 'all', allAttributes: true };
const one = (address: string): Whom => ({ kind: 'one', address });
const many = (domain?: string, ...except: string[]): Whom => ({ kind: 'many', except, ...(domain && { domain }) });

function rule(handling: Handling, whom: Whom[] | undefined, more: Partial<PresenceRule> = {}): PresenceRule {
  return { id: handling, handling, portion: WHOLE, ...(whom && { whom }), ...more };
}

const morning = [{ fromAt: 800, untilAt: 1200 }];
const day = [{ fromAt: 800, untilAt: 1800 }];

/** What follows for Bob when he is no contact, and when he is. */
const CASES: [title: string, rules: PresenceRule[], stranger: Verdict, contact: Verdict, rules: string[]][] = [
  ['RFC 4745 §7: no condition holds for everybody', [rule('allow', undefined)], 'allowed', 'allowed', ['allow']],
  ['§7.1: who is allowed by name is so by the contact list', [rule('allow', [one(BOB)])], 'pending', 'allowed', ['allow']],
  ['nobody else is named', [rule('block', [one('alice@example.com')])], 'pending', 'allowed', []],
  ['§7.1: many', [rule('allow', [many()])], 'allowed', 'allowed', ['allow']],
  ['of a domain', [rule('allow', [many('example.com')])], 'allowed', 'allowed', ['allow']],
  ['of another domain', [rule('allow', [many('example.org')])], 'pending', 'allowed', []],
  ['but one', [rule('allow', [many('example.com', BOB)])], 'pending', 'allowed', []],
  ['but a domain', [rule('allow', [many(undefined, 'example.com')])], 'pending', 'allowed', []],
  ['one identity is enough', [rule('allow', [one('a@b'), many('example.com')])], 'allowed', 'allowed', ['allow']],
  ['§7.2: in the sphere', [rule('allow', [many()], { spheres: ['Work'] })], 'allowed', 'allowed', ['allow']],
  ['§7.2: in another', [rule('allow', [many()], { spheres: ['home'] })], 'pending', 'denied', []],
  ['§7.3: in time', [rule('allow', [one(BOB)], { validity: [day] })], 'pending', 'allowed', ['allow']],
  ['§7.3: no longer', [rule('allow', [one(BOB)], { validity: [morning] })], 'pending', 'denied', []],
  ['all conditions have to hold', [rule('allow', [many()], { validity: [day, morning] })], 'pending', 'denied', []],
  ['RFC 5025 §3.2.1: politely, whatever the list says', [rule('polite-block', [one(BOB)])], 'denied', 'denied', ['polite-block']],
  ['politely, all but contacts', [rule('polite-block', [many()])], 'denied', 'allowed', ['polite-block']],
  ['all but contacts are blocked', [rule('block', [many()])], 'denied', 'allowed', ['block']],
  ['RFC 4745 §10.2: the most generous', [rule('block', [many()]), rule('confirm', [one(BOB)])], 'pending', 'allowed', ['block', 'confirm']],
  ['the most generous', [rule('polite-block', [one(BOB)]), rule('allow', [many()])], 'allowed', 'allowed', ['polite-block', 'allow']],
  ['OMA: for others', [rule('block', undefined, { isForOthers: true })], 'denied', 'allowed', ['block']],
  ['OMA: for others than these', [rule('confirm', [one(BOB)]), rule('block', undefined, { isForOthers: true })], 'pending', 'allowed', ['confirm']],
]; // biome-ignore format: a table

describe('whether somebody may watch', () => {
  for (const [title, rules, stranger, contact, ids] of CASES) {
    test(title, () => {
      const judgement = judge(rules, BOB, NOON);
      assert.deepEqual([verdictOf(judgement, false), verdictOf(judgement, true)], [stranger, contact]);
      assert.deepEqual(judgement?.rules ?? [], ids);
    });
  }
});

test('RFC 4745 §10.2: who is given something by one rule has it, whatever others give', () => {
  const notes = rule('allow', [many('example.com')], { portion: { ...NO_PORTION, attributes: ['note'] } });
  const work = rule('allow', [one(BOB)], { portion: { ...NO_PORTION, services: 'all', userInput: 'bare' } });
  const refused = rule('polite-block', undefined);
  assert.deepEqual(judge([notes, work, refused], BOB, NOON)!.portion, {
    attributes: ['note'],
    unknownAttributes: [],
    services: 'all',
    userInput: 'bare',
  });
  assert.equal(judge([notes, rule('allow', [one(BOB)])], BOB, NOON)!.portion, undefined);
  assert.deepEqual(judge([notes, work], 'eve@example.com', NOON)!.portion!.attributes, ['note']);
});

test('RFC 4745 §7.3: what holds is another when a period begins or ends', () => {
  const rules = [rule('allow', undefined, { validity: [day] }), rule('block', undefined, { validity: [morning] })];
  assert.deepEqual(
    [0, 800, 1200, 1800].map((now) => nextTurn(rules, now)),
    [800, 1200, 1800, undefined],
  );
});
