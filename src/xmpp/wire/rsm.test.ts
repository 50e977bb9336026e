import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { element } from '#xml/element.ts';
import { parseElement } from '#xml/parse-element.ts';
import { serialize } from '#xml/serializer.ts';
import { NS_RSM, type PageRequest, pageOf, readPageRequest, writePage } from './rsm.ts';
import { StanzaError } from './stanza-error.ts';

const read = (inside: string) =>
  readPageRequest(parseElement(`<query xmlns='jabber:iq:search'>${inside}</query>`), 100);
const set = (inside: string) => read(`<set xmlns='${NS_RSM}'>${inside}</set>`);
const FIRST: PageRequest = { max: 100, after: undefined, before: undefined, index: undefined };

const isError = (condition: string) => (error: unknown) =>
  error instanceof StanzaError && error.condition === condition;

describe('which page is asked for', () => {
  test('XEP-0059 §2.1: the first, of as many items as are wanted', () => {
    assert.deepEqual(set('<max>10</max>'), { ...FIRST, max: 10 });
    assert.deepEqual(read(''), FIRST);
    assert.deepEqual(set(''), FIRST);
  });

  test('a page is never longer than the server allows', () => {
    assert.equal(set('<max>1000000</max>').max, 100);
  });

  test('XEP-0059 §2.2: the one after an item; after nothing is the first', () => {
    assert.deepEqual(set('<max>10</max><after>peterpan@neverland.lit</after>'), {
      ...FIRST,
      max: 10,
      after: 'peterpan@neverland.lit',
    });
    assert.deepEqual(set('<after/>'), FIRST);
  });

  test('XEP-0059 §2.3, §2.5: the one before an item, and the last', () => {
    assert.equal(set('<before>peter@pixyland.org</before>').before, 'peter@pixyland.org');
    assert.equal(set('<before/>').before, '');
  });

  test('XEP-0059 §2.6, §2.7: the one at an index, and only the count', () => {
    assert.equal(set('<max>10</max><index>371</index>').index, 371);
    assert.equal(set('<max>0</max>').max, 0);
  });

  for (const inside of [
    '<max>ten</max>',
    '<max>-1</max>',
    '<max/>',
    '<index>1.5</index>',
    '<index>0</index><after>a</after>',
  ]) {
    test(`${inside} makes no sense`, () => {
      assert.throws(() => set(inside), isError('bad-request'));
    });
  }

  test('two pages at once make no sense', () => {
    const one = `<set xmlns='${NS_RSM}'/>`;
    assert.throws(() => read(one + one), isError('bad-request'));
  });
});

describe('which page is given', () => {
  const items = ['a', 'b', 'c', 'd', 'e'];
  const page = (request: Partial<PageRequest>) => pageOf(items, (item) => item, { ...FIRST, max: 2, ...request });

  test('XEP-0059 §2.2: the item after the one that was named comes first', () => {
    assert.deepEqual(page({}), [['a', 'b'], { first: 'a', last: 'b', index: 0, count: 5 }]);
    assert.deepEqual(page({ after: 'b' }), [['c', 'd'], { first: 'c', last: 'd', index: 2, count: 5 }]);
    assert.deepEqual(page({ after: 'd' }), [['e'], { first: 'e', last: 'e', index: 4, count: 5 }]);
  });

  test('XEP-0059 §2.3, §2.5: the item before the one that was named comes last', () => {
    assert.deepEqual(page({ before: 'c' }), [['a', 'b'], { first: 'a', last: 'b', index: 0, count: 5 }]);
    assert.deepEqual(page({ before: 'b' }), [['a'], { first: 'a', last: 'a', index: 0, count: 5 }]);
    assert.deepEqual(page({ before: '' }), [['d', 'e'], { first: 'd', last: 'e', index: 3, count: 5 }]);
  });

  test('XEP-0059 §2.2, §2.6, §2.7: an empty page has a count and no ends', () => {
    for (const request of [{ after: 'e' }, { before: 'a' }, { index: 5 }, { max: 0 }]) {
      assert.deepEqual(page(request), [[], { count: 5 }]);
    }
  });

  test('XEP-0059 §2.6: a page at an index begins there', () => {
    assert.deepEqual(page({ index: 3 }), [['d', 'e'], { first: 'd', last: 'e', index: 3, count: 5 }]);
  });

  test('XEP-0059 §2.4: beside an item that is gone there is no page', () => {
    for (const request of [{ after: 'x' }, { before: 'x' }])
      assert.throws(() => page(request), isError('item-not-found'));
  });

  test('XEP-0059 §2.2: paging forwards, or backwards, gives each item once and in order', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.string({ minLength: 1 })), fc.integer({ min: 1, max: 5 }), (all, max) => {
        const forwards: string[] = [];
        for (let after: string | undefined; ; ) {
          const [some, { last }] = pageOf(all, (item) => item, { ...FIRST, max, after });
          if (last === undefined) break;
          forwards.push(...some);
          after = last;
        }
        const backwards: string[] = [];
        for (let before = ''; ; ) {
          const [some, { first }] = pageOf(all, (item) => item, { ...FIRST, max, before });
          if (first === undefined) break;
          backwards.unshift(...some);
          before = first;
        }
        assert.deepEqual([forwards, backwards], [all, all]);
      }),
    );
  });
});

test('XEP-0059 §2.2: the answer names the ends, the place and the count', () => {
  assert.equal(
    serialize(writePage({ first: 'stpeter@jabber.org', last: 'peterpan@neverland.lit', index: 0, count: 800 }), NS_RSM),
    "<set><first index='0'>stpeter@jabber.org</first><last>peterpan@neverland.lit</last><count>800</count></set>",
  );
  assert.equal(serialize(writePage({ count: 790 }), NS_RSM), '<set><count>790</count></set>');
  assert.equal(serialize(writePage({ first: 'a', last: 'a' }), NS_RSM), '<set><first>a</first><last>a</last></set>');
});

test('any request gives a page or an error of the specification', () => {
  const child = fc
    .tuple(fc.constantFrom('max', 'after', 'before', 'index', 'other'), fc.string())
    .map(([name, text]) => element(name, NS_RSM, {}, text));
  fc.assert(
    fc.property(fc.array(child), (children) => {
      try {
        const { max, index = 0 } = readPageRequest(
          element('query', 'x', {}, element('set', NS_RSM, {}, ...children)),
          50,
        );
        assert.ok(max >= 0 && max <= 50 && Number.isSafeInteger(index));
      } catch (error) {
        assert.ok(isError('bad-request')(error));
      }
    }),
  );
});
