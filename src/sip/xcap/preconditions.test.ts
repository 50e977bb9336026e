import assert from 'node:assert/strict';
import { test } from 'node:test';
import { judge } from './preconditions.ts';

test('RFC 9110 §13.1: entity-tags are compared strongly by If-Match, weakly by If-None-Match, and * is what is there', () => {
  const cases: [
    ifMatch: string | undefined,
    ifNoneMatch: string | undefined,
    tag: string | undefined,
    verdict: string,
  ][] = [
    [undefined, undefined, '"a"', 'go-on'],
    ['"a"', undefined, '"a"', 'go-on'],
    ['"b", "a"', undefined, '"a"', 'go-on'],
    ['W/"a"', undefined, '"a"', 'failed'],
    ['"b"', undefined, '"a"', 'failed'],
    ['*', undefined, '"a"', 'go-on'],
    ['*', undefined, undefined, 'failed'],
    ['"a"', undefined, undefined, 'failed'],
    [undefined, '"a"', '"a"', 'failed'],
    [undefined, 'W/"a"', '"a"', 'failed'],
    [undefined, '"b"', '"a"', 'go-on'],
    [undefined, '*', '"a"', 'failed'],
    [undefined, '*', undefined, 'go-on'],
  ];
  for (const [ifMatch, ifNoneMatch, tag, verdict] of cases) {
    const conditions = { ifMatch, ifNoneMatch };
    assert.equal(
      judge(conditions, tag, tag !== undefined, false),
      verdict,
      JSON.stringify([ifMatch, ifNoneMatch, tag]),
    );
    const reading = ifNoneMatch !== undefined && verdict === 'failed' ? 'not-modified' : verdict;
    assert.equal(judge(conditions, tag, tag !== undefined, true), reading);
  }
});
