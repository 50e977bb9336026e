import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inOrder, type LocatableUri, locate } from './location.ts';
import type { Naptr, Resolver, Srv } from './resolver.ts';

interface Zone {
  naptr?: Record<string, Naptr[]>;
  srv?: Record<string, Srv[]>;
  addresses?: Record<string, string[]>;
}

function zone({ naptr = {}, srv = {}, addresses = {} }: Zone): Resolver & { asked: string[] } {
  const asked: string[] = [];
  const look = <T>(kind: string, table: Record<string, T[]>, name: string): T[] => {
    asked.push(`${kind} ${name}`);
    return table[name] ?? [];
  };
  return {
    asked,
    naptr: async (name) => look('naptr', naptr, name),
    srv: async (name) => look('srv', srv, name),
    addresses: async (name) => look('a', addresses, name).map((address) => ({ address, ttlSeconds: 60 })),
  };
}

function uri(text: string): LocatableUri {
  const [, scheme, host, port, params = ''] = /^(sips?):(\[[^\]]+\]|[^:;]+)(?::(\d+))?(;.*)?$/.exec(text)!;
  const values = new URLSearchParams(params.slice(1).replaceAll(';', '&'));
  return {
    scheme: scheme!,
    host: host!,
    port: port === undefined ? undefined : Number(port),
    params: { get: (name) => values.get(name) ?? undefined },
  };
}

const naptr = (order: number, preference: number, service: string, replacement: string): Naptr => ({
  order,
  preference,
  flags: 's',
  service,
  regexp: '',
  replacement,
});

/** The records of RFC 3263 §4.1 and §4.2. */
const EXAMPLE: Zone = {
  naptr: {
    'example.com': [
      naptr(90, 50, 'SIP+D2T', '_sip._tcp.example.com'),
      naptr(50, 50, 'SIPS+D2T', '_sips._tcp.example.com'),
      naptr(100, 50, 'SIP+D2U', '_sip._udp.example.com'),
    ],
  },
  srv: {
    '_sip._tcp.example.com': [
      { priority: 0, weight: 1, port: 5060, name: 'server1.example.com' },
      { priority: 0, weight: 2, port: 5060, name: 'server2.example.com' },
    ],
    '_sips._tcp.example.com': [{ priority: 0, weight: 0, port: 5061, name: 'server1.example.com' }],
    '_sip._udp.example.com': [{ priority: 0, weight: 0, port: 5060, name: 'server2.example.com' }],
  },
  addresses: {
    'server1.example.com': ['192.0.2.1', '2001:db8::1'],
    'server2.example.com': ['192.0.2.2'],
    'example.com': ['192.0.2.9'],
  },
};

async function places(text: string, records: Zone = EXAMPLE): Promise<string[]> {
  const targets = await locate(uri(text), zone(records), () => 0);
  return targets.map(({ transport, address, port, domain }) => `${transport} ${address} ${port} ${domain}`);
}

const withoutNaptr: Zone = { ...EXAMPLE, naptr: {} };

const table: [string, uri: string, Zone, string[]][] = [
  ['§4.2: a numeric host is where it goes, over UDP', 'sip:192.0.2.7', {}, ['udp 192.0.2.7 5060 192.0.2.7']],
  ['§4.2: with its port', 'sip:192.0.2.7:5070', {}, ['udp 192.0.2.7 5070 192.0.2.7']],
  ['§4.1: a numeric host of sips, over TLS', 'sips:192.0.2.7', {}, ['tls 192.0.2.7 5061 192.0.2.7']],
  ['§4.1: IPv6 loses its brackets', 'sip:[2001:DB8::7];transport=tcp', {}, ['tcp 2001:db8::7 5060 2001:db8::7']],
  [
    '§4: maddr is where it goes, and the domain is still what the certificate has to show',
    'sip:example.com;maddr=192.0.2.7;transport=tls',
    {},
    ['tls 192.0.2.7 5061 example.com'],
  ],
  ['§4.1: a port means no NAPTR and no SRV', 'sip:example.com:5070', EXAMPLE, ['udp 192.0.2.9 5070 example.com']],
  ['§4.1: a port of sips', 'sips:example.com:5071', EXAMPLE, ['tls 192.0.2.9 5071 example.com']],
  [
    '§4.1: the transport is given, its servers are looked up',
    'sip:example.com;transport=tcp',
    EXAMPLE,
    ['tcp 192.0.2.1 5060 example.com', 'tcp 2001:db8::1 5060 example.com', 'tcp 192.0.2.2 5060 example.com'],
  ],
  [
    '§4.1: TCP of sips is TLS',
    'sips:example.com;transport=tcp',
    EXAMPLE,
    ['tls 192.0.2.1 5061 example.com', 'tls 2001:db8::1 5061 example.com'],
  ],
  [
    '§4.1: by NAPTR, the order of the domain decides',
    'sip:example.com',
    EXAMPLE,
    [
      'tls 192.0.2.1 5061 example.com',
      'tls 2001:db8::1 5061 example.com',
      'tcp 192.0.2.1 5060 example.com',
      'tcp 2001:db8::1 5060 example.com',
      'tcp 192.0.2.2 5060 example.com',
      'udp 192.0.2.2 5060 example.com',
    ],
  ],
  [
    '§4.1: sips takes only services of TLS',
    'sips:example.com',
    EXAMPLE,
    ['tls 192.0.2.1 5061 example.com', 'tls 2001:db8::1 5061 example.com'],
  ],
  [
    '§4.1: without NAPTR all services that there are',
    'sip:example.com',
    { ...withoutNaptr, srv: { '_sip._udp.example.com': EXAMPLE.srv!['_sip._udp.example.com']! } },
    ['udp 192.0.2.2 5060 example.com'],
  ],
  [
    '§4.1: without SRV the addresses, over UDP',
    'sip:example.com',
    { addresses: EXAMPLE.addresses! },
    ['udp 192.0.2.9 5060 example.com'],
  ],
  [
    '§4.1: without SRV the addresses, over TLS for sips',
    'sips:example.com',
    { addresses: EXAMPLE.addresses! },
    ['tls 192.0.2.9 5061 example.com'],
  ],
  [
    'RFC 3403: services that are not ours, and replacements by pattern, are passed over',
    'sip:example.com',
    {
      ...EXAMPLE,
      naptr: {
        'example.com': [
          naptr(1, 1, 'SIP+D2S', '_sip._sctp.example.com'),
          { ...naptr(2, 1, 'SIP+D2U', ''), regexp: '!^.*$!sip:x@example.net!', flags: 'u' },
          naptr(3, 1, 'sip+d2u', '_sip._udp.example.com'),
        ],
      },
    },
    ['udp 192.0.2.2 5060 example.com'],
  ],
];

for (const [what, text, records, expected] of table) {
  test(`RFC 3263 ${what}`, async () => assert.deepEqual(await places(text, records), expected));
}

for (const [what, text, records] of [
  [
    'RFC 2782: a single dot says that there is no such service',
    'sip:example.com;transport=udp',
    {
      srv: { '_sip._udp.example.com': [{ priority: 0, weight: 0, port: 0, name: '.' }] },
      addresses: { 'example.com': ['192.0.2.9'] },
    },
  ],
  ['RFC 3263 §4: a domain without any record leads nowhere', 'sip:example.net', EXAMPLE],
  ['RFC 3261 §26.2.2: sips never goes over UDP', 'sips:example.com;transport=udp', EXAMPLE],
  ['RFC 7118 §5.2.1: nobody connects to a WebSocket', 'sip:example.com;transport=ws', EXAMPLE],
  ['a transport that we do not speak', 'sip:example.com;transport=sctp', EXAMPLE],
] as [string, string, Zone][]) {
  test(what, async () => assert.rejects(places(text, records), { status: 503 }));
}

test('RFC 3263 §4.1: a numeric host asks the DNS nothing', async () => {
  const resolver = zone(EXAMPLE);
  await locate(uri('sip:192.0.2.1'), resolver);
  assert.deepEqual(resolver.asked, []);
});

test('a server whose name cannot be resolved is passed over where there are others', async () => {
  const resolver = zone(EXAMPLE);
  const { addresses } = resolver;
  resolver.addresses = async (name) => {
    if (name === 'server1.example.com') throw new Error('SERVFAIL');
    return addresses(name);
  };
  const targets = await locate(uri('sip:example.com;transport=tcp'), resolver, () => 0);
  assert.deepEqual(
    targets.map(({ address }) => address),
    ['192.0.2.2'],
  );
});

test('RFC 2782: the lowest priority first, and within one as often first as the weights say', () => {
  const records: Srv[] = [
    { priority: 2, weight: 100, port: 1, name: 'late' },
    { priority: 1, weight: 3, port: 1, name: 'heavy' },
    { priority: 1, weight: 1, port: 1, name: 'light' },
    { priority: 1, weight: 0, port: 1, name: 'seldom' },
  ];
  const first: Record<string, number> = {};
  const steps = 1000;
  for (let step = 0; step < steps; step++) {
    const ordered = inOrder(records, () => step / steps).map(({ name }) => name);
    assert.equal(ordered.length, 4);
    assert.equal(ordered[3], 'late');
    first[ordered[0]!] = (first[ordered[0]!] ?? 0) + 1;
  }
  assert.deepEqual(first, { seldom: 200, light: 200, heavy: 600 });
});

test('answers that are too long are cut', async () => {
  const many = Array.from({ length: 100 }, (_, i) => ({ priority: i, weight: 0, port: 5060, name: `s${i}` }));
  const addresses = Object.fromEntries(many.map(({ name }, i) => [name, [`192.0.2.${i}`, `198.51.100.${i}`, '::1']]));
  const found = await places('sip:example.com;transport=udp', { srv: { '_sip._udp.example.com': many }, addresses });
  assert.equal(found.length, 32);
});
