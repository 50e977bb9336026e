import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClock } from '../../../test/support/fake-clock.ts';
import { hostOf, hostPort, isMulticast, plainAddress } from './addresses.ts';
import { type Interface, LocalAddresses, localAddress } from './local-addresses.ts';

const INTERFACES: Interface[] = [
  { address: '127.0.0.1', family: 'IPv4', internal: true, cidr: '127.0.0.1/8' },
  { address: '192.0.2.10', family: 'IPv4', internal: false, cidr: '192.0.2.10/24' },
  { address: '10.0.0.10', family: 'IPv4', internal: false, cidr: '10.0.0.10/8' },
  { address: 'fe80::1', family: 'IPv6', internal: false, cidr: 'fe80::1/64' },
  { address: '2001:db8::10', family: 'IPv6', internal: false, cidr: '2001:db8::10/64' },
];

for (const [remote, host, publicAddress, expected] of [
  ['127.0.0.1', '::', 'sip.example.test', '127.0.0.1'],
  ['::1', '::', '', '::1'],
  ['10.9.9.9', '::', '', '10.0.0.10'],
  ['192.0.2.99', '::', '', '192.0.2.10'],
  ['198.51.100.1', '0.0.0.0', '', '192.0.2.10'],
  ['198.51.100.1', '::', 'sip.example.test', 'sip.example.test'],
  ['198.51.100.1', '10.0.0.10', '', '10.0.0.10'],
  ['2001:db8::99', '::', '', '2001:db8::10'],
  ['2001:db8:ffff::1', '::', '', '2001:db8::10'],
  ['fe80::2%eth0', '::', '', 'fe80::1'],
] as const) {
  test(`${remote} reaches us at ${expected} (listening on ${host}, public address '${publicAddress}')`, () => {
    assert.equal(localAddress(remote, host, publicAddress, INTERFACES), expected);
  });
}

test('a machine without an address of the family is reached by its loopback', () => {
  assert.equal(localAddress('2001:db8::99', '::', '', INTERFACES.slice(0, 2)), '::1');
});

test('addresses are looked at again after half a minute, and when the setting changes', () => {
  const clock = new FakeClock();
  const settings = { host: '::', publicAddress: '' };
  let found = INTERFACES;
  const local = new LocalAddresses(clock, settings, () => found);
  assert.equal(local.towards('198.51.100.1'), '192.0.2.10');
  found = INTERFACES.slice(2);
  assert.equal(local.towards('198.51.100.1'), '192.0.2.10');
  clock.advance(30_000);
  assert.equal(local.towards('198.51.100.1'), '10.0.0.10');
  settings.publicAddress = 'sip.example.test';
  assert.equal(local.towards('198.51.100.1'), 'sip.example.test');
});

test('addresses as they stand in headers', () => {
  assert.equal(plainAddress('::ffff:192.0.2.1'), '192.0.2.1');
  assert.equal(plainAddress('::ffff:1'), '::ffff:1');
  assert.equal(hostOf('fe80::1%eth0'), '[fe80::1]');
  assert.equal(hostPort('192.0.2.1', 5060), '192.0.2.1:5060');
  assert.deepEqual(['224.0.1.75', '239.1.1.1', 'ff02::1', 'FF15::1', '192.0.2.1', 'fe80::1'].map(isMulticast), [
    true,
    true,
    true,
    true,
    false,
    false,
  ]);
});
