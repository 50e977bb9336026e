import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { networkOf } from './network.ts';

const vectors: [ip: string, network: string][] = [
  ['192.0.2.7', '192.0.2.7'],
  ['::ffff:192.0.2.7', '192.0.2.7'],
  ['::ffff:c000:207', '192.0.2.7'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:DB8:1:2::', '2001:db8:1:2::/64'],
  ['2001:0db8:0001:0002:ffff::1', '2001:db8:1:2::/64'],
  ['2001:db8::1', '2001:db8:0:0::/64'],
  ['::1', '0:0:0:0::/64'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  ['64:ff9b::192.0.2.7', '64:ff9b:0:0::/64'],
  ['', 'local'],
  ['/run/socket', 'local'],
];

for (const [ip, network] of vectors) {
  test(`guesses from ${JSON.stringify(ip)} come from ${network}`, () => assert.equal(networkOf(ip), network));
}

test('any two addresses of one /64 are one network, however they are written', () => {
  const groups = fc.tuple(...Array.from({ length: 8 }, () => fc.integer({ min: 1, max: 0xffff })));
  fc.assert(
    fc.property(groups, fc.ipV6(), (parts, other) => {
      const text = parts.map((part) => part.toString(16).padStart(4, '0'));
      const neighbour = [...text.slice(0, 4), '', '1'].join(':');
      assert.equal(networkOf(text.join(':')), networkOf(neighbour));
      assert.match(networkOf(other), /^([0-9a-f]+:){4}:\/64$|^[0-9.]+$/);
    }),
  );
});
