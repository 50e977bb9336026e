import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { certificateIdentities } from './certificate-identities.ts';

const vectors: [subjectAltName: string | undefined, expected: object, why: string][] = [
  [undefined, {}, 'no subjectAltName'],
  ['', {}, 'an empty one'],
  [
    'DNS:example.org, DNS:*.example.org, othername:XmppAddr:juliet@example.org, othername:SRVName:_xmpp-server.example.org',
    {
      dnsNames: ['example.org', '*.example.org'],
      xmppAddrs: ['juliet@example.org'],
      srvNames: ['_xmpp-server.example.org'],
    },
    'one of each kind',
  ],
  [
    'email:juliet@example.org, IP Address:192.0.2.1, URI:xmpp:a@b, DirName:"CN=a, O=b", othername:<unsupported>, Registered ID:1.2.3',
    {},
    'kinds that do not concern us',
  ],
  ['DNS:"a.example, DNS:b.example"', { dnsNames: ['a.example, DNS:b.example'] }, 'a name that pretends to be two'],
  ['othername:"XmppAddr:a,b@example.org"', { xmppAddrs: ['a,b@example.org'] }, 'an address with a comma'],
  ['DNS:"a\\"b"', { dnsNames: ['a"b'] }, 'a quote inside'],
  ['DNS:a.example, what is this', {}, 'something we cannot read'],
  ['DNS:"a.example', {}, 'a quote that does not end'],
];

for (const [subjectAltName, expected, why] of vectors) {
  test(`RFC 6120 §13.7.1: who a certificate is, from ${why}`, () => {
    const nobody = { xmppAddrs: [], dnsNames: [], srvNames: [] };
    assert.deepEqual(certificateIdentities({ subjectAltName }), { ...nobody, ...expected });
  });
}

test('RFC 6120 §13.7.1: the names of a real certificate', () => {
  const file = new URL('../../../test/vectors/certificates/xmpp-names.pem', import.meta.url);
  assert.deepEqual(certificateIdentities(new X509Certificate(readFileSync(file))), {
    dnsNames: ['example.org', '*.example.org'],
    xmppAddrs: ['jüliet@example.org', 'a,b@example.org'],
    srvNames: ['_xmpp-server.example.org'],
  });
});

test('any text gives names or none', () => {
  fc.assert(
    fc.property(fc.string(), (subjectAltName) => {
      assert.ok(Array.isArray(certificateIdentities({ subjectAltName: `DNS:"${subjectAltName}"` }).dnsNames));
      assert.ok(Array.isArray(certificateIdentities({ subjectAltName }).dnsNames));
    }),
  );
});
