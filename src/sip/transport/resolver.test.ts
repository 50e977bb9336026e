import assert from 'node:assert/strict';
import { test } from 'node:test';
import { silentLog } from '#base/log.ts';
import { FakeClock } from '../../../test/support/fake-clock.ts';
import { Locator } from './locator.ts';
import { CachingResolver, type Resolver } from './resolver.ts';

function counting(ttlSeconds: number) {
  const counts = { naptr: 0, srv: 0, addresses: 0 };
  const count = async <T>(kind: keyof typeof counts, answer: T[]): Promise<T[]> => {
    counts[kind]++;
    return answer;
  };
  const resolver: Resolver = {
    naptr: () => count('naptr', []),
    srv: () => count('srv', []),
    addresses: () => count('addresses', [{ address: '192.0.2.1', ttlSeconds }]),
  };
  return { counts, resolver };
}

test('an answer of the DNS is kept for as long as it says, and asked for once by all who ask at a time', async () => {
  const clock = new FakeClock();
  const { counts, resolver } = counting(20);
  const cache = new CachingResolver(resolver, clock);
  await Promise.all([cache.addresses('a.test'), cache.addresses('a.test')]);
  clock.advance(19_999);
  await cache.addresses('a.test');
  assert.equal(counts.addresses, 1);
  clock.advance(1);
  await cache.addresses('a.test');
  assert.equal(counts.addresses, 2);
});

test('an address that is good for a day is asked for again after five minutes, and nothing after a quarter', async () => {
  const clock = new FakeClock();
  const { counts, resolver } = counting(86_400);
  const cache = new CachingResolver(resolver, clock);
  await cache.addresses('a.test');
  await cache.srv('a.test');
  clock.advance(15_000);
  await cache.srv('a.test');
  assert.equal(counts.srv, 2);
  clock.advance(285_000);
  await cache.addresses('a.test');
  assert.equal(counts.addresses, 2);
});

test('what failed is asked anew, and what is kept is bounded', async () => {
  const clock = new FakeClock();
  let asked = 0;
  const failing: Resolver = {
    naptr: async () => [],
    srv: async () => [],
    addresses: async () => {
      asked++;
      throw new Error('SERVFAIL');
    },
  };
  const cache = new CachingResolver(failing, clock);
  await assert.rejects(cache.addresses('a.test'));
  await assert.rejects(cache.addresses('a.test'));
  assert.equal(asked, 2);
  const { counts, resolver } = counting(300);
  const full = new CachingResolver(resolver, clock);
  for (let i = 0; i < 2001; i++) await full.addresses(`n${i}.test`);
  await full.addresses('n2000.test');
  assert.equal(counts.addresses, 2001);
  await full.addresses('n0.test');
  assert.equal(counts.addresses, 2002);
});

const uri = (host: string) => ({ scheme: 'sip', host, port: undefined, params: { get: () => undefined } });

test('RFC 6761: localhost is here and invalid is nowhere, whatever the DNS says', async () => {
  const { counts, resolver } = counting(60);
  const locator = new Locator(new FakeClock(), silentLog(), resolver);
  const here = await locator.locate(uri('localhost'));
  assert.deepEqual(
    here.map(({ address, port }) => `${address} ${port}`),
    ['127.0.0.1 5060', '::1 5060'],
  );
  await assert.rejects(locator.locate(uri('df7jal23ls0d.invalid')), { status: 503 });
  assert.deepEqual(counts, { naptr: 0, srv: 0, addresses: 0 });
});

test('RFC 3263 §4.3: a DNS that does not answer is as a next hop that does not', async () => {
  const failing: Resolver = {
    naptr: () => Promise.reject(new Error('ETIMEOUT')),
    srv: async () => [],
    addresses: async () => [],
  };
  await assert.rejects(new Locator(new FakeClock(), silentLog(), failing).locate(uri('example.com')), { status: 503 });
});
