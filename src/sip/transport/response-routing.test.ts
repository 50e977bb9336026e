import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MemoryFlow } from '../../../test/support/memory-flow.ts';
import { parseVia } from '../wire/header-via.ts';
import { responseTarget, stamp } from './response-routing.ts';

function stamped(line: string, address = '192.0.2.1', port = 9988): string {
  const request = { via: parseVia(line), header: () => line };
  return stamp(request, new MemoryFlow('udp', address, port));
}

for (const [what, line, expected] of [
  [
    'RFC 3581 §4: rport is filled in, and received with it',
    'SIP/2.0/UDP 10.1.1.1:4540;rport;branch=z9hG4bKkjshdyff',
    'SIP/2.0/UDP 10.1.1.1:4540;received=192.0.2.1;rport=9988;branch=z9hG4bKkjshdyff',
  ],
  [
    'RFC 3581 §4: received also where the host is the right one',
    'SIP/2.0/UDP 192.0.2.1:4540;branch=z9hG4bKkjshdyff;rport',
    'SIP/2.0/UDP 192.0.2.1:4540;branch=z9hG4bKkjshdyff;received=192.0.2.1;rport=9988',
  ],
  [
    'RFC 3261 §18.2.1: a host that is the source needs no received',
    'SIP/2.0/UDP 192.0.2.1:4540;branch=z9hG4bKkjshdyff',
    'SIP/2.0/UDP 192.0.2.1:4540;branch=z9hG4bKkjshdyff',
  ],
  [
    'RFC 3261 §18.2.1: a name gets received',
    'SIP/2.0/UDP bobspc.biloxi.com:5060;branch=z9hG4bKnashds8',
    'SIP/2.0/UDP bobspc.biloxi.com:5060;branch=z9hG4bKnashds8;received=192.0.2.1',
  ],
  [
    'what the sender claims to have come from is taken out',
    'SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKa;received=198.51.100.66;rport=53',
    'SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKa;received=192.0.2.1;rport=9988',
  ],
  [
    'also where the host is the right one',
    'SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKa;received=198.51.100.66',
    'SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKa;received=192.0.2.1',
  ],
  [
    'only the topmost of several in one line',
    'SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKa, SIP/2.0/UDP 192.0.2.7;branch=z9hG4bKb;rport',
    'SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKa;received=192.0.2.1',
  ],
  [
    'a parameter that only looks like rport is left alone',
    'SIP/2.0/UDP 10.1.1.1;branch=z9hG4bKa;note=";rport";rport',
    'SIP/2.0/UDP 10.1.1.1;branch=z9hG4bKa;note=";rport";received=192.0.2.1;rport=9988',
  ],
  [
    'capital letters are the same',
    'SIP/2.0/UDP 10.1.1.1;RPORT;branch=z9hG4bKa',
    'SIP/2.0/UDP 10.1.1.1;branch=z9hG4bKa;received=192.0.2.1;rport=9988',
  ],
] as const) {
  test(what, () => assert.equal(stamped(line), expected));
}

test('RFC 5118 §4.5: an IPv6 address stands in received without brackets, and never with the name of an interface', () => {
  assert.match(stamped('SIP/2.0/UDP [2001:db8::9:1];branch=z9hG4bKa;rport', 'fe80::1%eth0'), /;received=fe80::1;/);
  assert.equal(
    stamped('SIP/2.0/UDP [2001:db8::1];branch=z9hG4bKa', '2001:db8::1'),
    'SIP/2.0/UDP [2001:db8::1];branch=z9hG4bKa',
  );
});

const flowOf = (transport: 'udp' | 'tcp' | 'tls' = 'udp') => new MemoryFlow(transport, '192.0.2.1', 9988);

for (const [what, line, expected] of [
  [
    'RFC 3261 §18.2.2: over UDP to the port of sent-by',
    'SIP/2.0/UDP 10.1.1.1:4540;branch=z9hG4bKa',
    ['192.0.2.1', 4540],
  ],
  ['RFC 3261 §18.2.2: 5060 where it has none', 'SIP/2.0/UDP 10.1.1.1;branch=z9hG4bKa', ['192.0.2.1', 5060]],
  [
    'RFC 3261 §18.2.2: to the group that maddr names',
    'SIP/2.0/UDP 10.1.1.1;branch=z9hG4bKa;maddr=224.0.1.75',
    ['224.0.1.75', 5060],
  ],
  [
    'to nobody else whom maddr names: that would be a reflector',
    'SIP/2.0/UDP 10.1.1.1;branch=z9hG4bKa;maddr=198.51.100.66',
    ['192.0.2.1', 5060],
  ],
] as const) {
  test(what, () => {
    const { address, port } = responseTarget(parseVia(line), flowOf()) as { address: string; port: number };
    assert.deepEqual([address, port], expected);
  });
}

test('RFC 3581 §4: with rport back to where it came from', () => {
  const flow = flowOf();
  assert.equal(responseTarget(parseVia('SIP/2.0/UDP 10.1.1.1:4540;branch=z9hG4bKa;rport'), flow), flow);
  assert.equal(responseTarget(parseVia('SIP/2.0/UDP 10.1.1.1:9988;branch=z9hG4bKa'), flow), flow);
});

test('RFC 3261 §18.2.2: on the connection; where that is gone, to its address at the port of sent-by', () => {
  const via = parseVia('SIP/2.0/TLS Client.example.test:5071;branch=z9hG4bKa;rport');
  const flow = flowOf('tls');
  assert.equal(responseTarget(via, flow), flow);
  flow.close();
  assert.deepEqual(responseTarget(via, flow), {
    transport: 'tls',
    address: '192.0.2.1',
    port: 5071,
    domain: 'client.example.test',
  });
  const plain = flowOf('tls');
  plain.close();
  const target = responseTarget(parseVia('SIP/2.0/TLS 192.0.2.1;branch=z9hG4bKa'), plain) as { port: number };
  assert.equal(target.port, 5061);
});
