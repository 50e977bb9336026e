import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isServerFor, sipIdentities } from './peer-names.ts';

for (const [what, subjectAltName, commonName, expected] of [
  ['a URI of sip without a user', 'URI:sip:Example.com', undefined, ['example.com']],
  [
    'several, each once',
    'URI:sip:example.com, DNS:example.com, DNS:sip.example.com',
    undefined,
    ['example.com', 'sip.example.com'],
  ],
  ['a URI with a user is a person', 'URI:sip:juliet@example.com', 'example.com', []],
  ['a URI of another scheme is not ours', 'URI:https://example.com/, DNS:example.net', undefined, ['example.net']],
  ['a DNS name', 'DNS:cucm-pub.example.com', 'other.example.com', ['cucm-pub.example.com']],
  ['RFC 5922 §7.2: a wildcard is nobody', 'DNS:*.example.com', 'example.com', []],
  ['a common name where there is no subjectAltName', undefined, 'CUCM-Pub.example.com', ['cucm-pub.example.com']],
  ['a common name beside an e-mail address', 'email:juliet@example.com', 'example.com', ['example.com']],
  ['a common name that is no domain', undefined, 'Juliet Capulet', []],
  ['an IP address', 'IP Address:192.0.2.1, IP Address:2001:DB8:0:0:0:0:0:1', undefined, ['192.0.2.1', '2001:db8::1']],
  ['a DNS name that is an address', 'DNS:192.0.2.1', undefined, []],
  ['text that would mislead (CVE-2021-44532)', 'DNS:"evil.test, DNS:example.com"', undefined, []],
  ['text that cannot be read', 'DNS:example.com, DNS:"half', undefined, []],
  ['a URI with a port and parameters', 'URI:sip:example.com:5061;transport=tls', undefined, ['example.com']],
  ['nothing', undefined, undefined, []],
] as const) {
  test(`RFC 5922 §7.1: ${what}`, () => assert.deepEqual(sipIdentities({ subjectAltName, commonName }), expected));
}

test('RFC 5922 §7.2: names are compared whole and without case, never by their ends', () => {
  const names = { subjectAltName: 'DNS:example.com', commonName: undefined };
  assert.equal(isServerFor('EXAMPLE.com', names), true);
  assert.equal(isServerFor('sip.example.com', names), false);
  assert.equal(isServerFor('com', names), false);
  assert.equal(
    isServerFor('2001:DB8::1', { subjectAltName: 'IP Address:2001:DB8:0:0:0:0:0:1', commonName: undefined }),
    true,
  );
});
