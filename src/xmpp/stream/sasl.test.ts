import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { fakeCredentials } from '#keys/credentials.ts';
import {
  offeredBindingTypes,
  offeredMechanisms,
  type SaslExchange,
  type SaslStep,
  saslMechanisms,
  startSasl,
} from './sasl.ts';
import type { CertificateIdentities, SaslContext, TlsContext } from './sasl-mechanism.ts';

const base64 = (text: string) => Buffer.from(text).toString('base64');

const tls: TlsContext = { channelBindings: new Map([['tls-exporter', () => Buffer.from('exported')]]) };
const encrypted: SaslContext = {
  domain: 'example.org',
  tls,
  allowed: saslMechanisms,
  withoutTls: false,
  downgradeProtection: true,
};
const clear: SaslContext = { ...encrypted, tls: undefined };

const credentials = fakeCredentials(Buffer.alloc(32), 'juliet@example.org', 4096);
const account = { known: true, enabled: true, credentials };

function certified(names: Partial<CertificateIdentities>, peerDomain?: string): SaslContext {
  const certificate = { xmppAddrs: [], dnsNames: [], srvNames: [], ...names };
  return { ...encrypted, tls: { ...tls, certificate }, ...(peerDomain !== undefined && { peerDomain }) };
}

test('RFC 6120 §6.3.3: mechanisms are offered in the order of our preference', () => {
  const scram = ['SCRAM-SHA-512', 'SCRAM-SHA-256', 'SCRAM-SHA-1'].flatMap((name) => [`${name}-PLUS`, name]);
  assert.deepEqual(offeredMechanisms(encrypted), [...scram, 'PLAIN']);
  const withCertificate = certified({ xmppAddrs: ['juliet@example.org'] });
  assert.deepEqual(offeredMechanisms(withCertificate), ['EXTERNAL', ...scram, 'PLAIN']);
});

test('without TLS nothing is offered, unless the settings allow SCRAM; PLAIN never', () => {
  assert.deepEqual(offeredMechanisms(clear), []);
  const relaxed = { ...clear, withoutTls: true };
  assert.deepEqual(offeredMechanisms(relaxed), ['SCRAM-SHA-512', 'SCRAM-SHA-256', 'SCRAM-SHA-1']);
});

test('XEP-0440 §2: the types of channel binding are told where a mechanism uses one', () => {
  assert.deepEqual(offeredBindingTypes(encrypted), ['tls-exporter']);
  assert.deepEqual(offeredBindingTypes({ ...encrypted, allowed: ['PLAIN'] }), []);
  assert.deepEqual(offeredBindingTypes({ ...clear, withoutTls: true }), []);
});

const refused: [condition: string, mechanism: string, context: SaslContext, why: string][] = [
  ['invalid-mechanism', 'DIGEST-MD5', encrypted, 'nobody knows it'],
  ['invalid-mechanism', '', encrypted, 'it has no name'],
  ['invalid-mechanism', 'plain', encrypted, 'names are upper case'],
  ['invalid-mechanism', 'EXTERNAL', encrypted, 'there is no certificate'],
  [
    'invalid-mechanism',
    'SCRAM-SHA-1-PLUS',
    { ...encrypted, tls: { channelBindings: new Map() } },
    'there is nothing to bind to',
  ],
  ['invalid-mechanism', 'PLAIN', certified({ dnsNames: ['a.example'] }, 'a.example'), 'servers have no password'],
  ['encryption-required', 'PLAIN', clear, 'there is no TLS'],
  ['encryption-required', 'PLAIN', { ...clear, withoutTls: true }, 'there is no TLS, whatever the settings'],
  ['encryption-required', 'SCRAM-SHA-1', clear, 'there is no TLS'],
  ['mechanism-too-weak', 'PLAIN', { ...encrypted, allowed: ['SCRAM-SHA-256'] }, 'it is switched off'],
];

for (const [condition, mechanism, context, why] of refused) {
  test(`RFC 6120 §6.5: ${JSON.stringify(mechanism)} is refused with ${condition}, for ${why}`, () => {
    assert.throws(() => startSasl(mechanism, context), { condition });
  });
}

const begun = (text: string, mechanism = 'PLAIN', context = encrypted) =>
  startSasl(mechanism, context).step({ on: 'auth', text });
const failureOf = (step: SaslStep) => ('failure' in step ? step.failure : JSON.stringify(step));

const encodings: [text: string, condition: string, why: string][] = [
  ['AG', 'incorrect-encoding', 'padding is missing'],
  ['AGp1bGlldABw\n', 'incorrect-encoding', 'there is a line break'],
  ['!!!!', 'incorrect-encoding', 'it is no base64'],
  ['==', 'incorrect-encoding', 'it is nothing but padding'],
  ['A'.repeat(8196), 'malformed-request', 'it is too long'],
  ['=', 'malformed-request', 'it is there, and empty'],
];

for (const [text, condition, why] of encodings) {
  test(`RFC 6120 §6.5: ${condition}, where the base64 is wrong: ${why}`, () =>
    assert.equal(failureOf(begun(text)), condition));
}

test('RFC 6120 §6.4.2: a client that has sent no initial response is asked for it', () => {
  const exchange = startSasl('PLAIN', encrypted);
  assert.deepEqual(exchange.step({ on: 'auth', text: '' }), { challenge: new Uint8Array() });
  const asked = exchange.step({ on: 'response', text: base64('\0juliet\0pencil') });
  assert.deepEqual(asked, { need: 'credentials', address: 'juliet@example.org' });
});

test('RFC 6120 §6.4.4: a client may give up at any time', () => {
  for (const inputs of [[], ['n,,n=juliet,r=abc']]) {
    const exchange = startSasl('SCRAM-SHA-1', encrypted);
    for (const text of inputs) exchange.step({ on: 'auth', text: base64(text) });
    assert.deepEqual(exchange.step({ on: 'abort' }), { failure: 'aborted' });
    assert.equal(exchange.isOver, true);
  }
});

test('an element out of turn is a malformed request', () => {
  const first = startSasl('PLAIN', encrypted);
  assert.equal(failureOf(first.step({ on: 'response', text: '' })), 'malformed-request');
  const twice = startSasl('SCRAM-SHA-1', encrypted);
  twice.step({ on: 'auth', text: '' });
  assert.equal(failureOf(twice.step({ on: 'auth', text: '' })), 'malformed-request');
  const late = startSasl('PLAIN', encrypted);
  late.step({ on: 'abort' });
  assert.equal(failureOf(late.step({ on: 'response', text: '' })), 'malformed-request');
  const impatient = startSasl('PLAIN', encrypted);
  impatient.step({ on: 'auth', text: base64('\0juliet\0pencil') });
  assert.equal(failureOf(impatient.step({ on: 'response', text: '' })), 'malformed-request');
});

test('RFC 6120 §6.5.11: what cannot be looked up now is a temporary failure', () => {
  const exchange = startSasl('PLAIN', encrypted);
  exchange.step({ on: 'auth', text: base64('\0juliet\0pencil') });
  const step = exchange.step({ on: 'unavailable', text: 'later' });
  assert.deepEqual(step, { failure: 'temporary-auth-failure', text: 'later' });
});

test('an answer that was not asked for is an error of ours, not of the client', () => {
  const exchange = startSasl('PLAIN', encrypted);
  assert.throws(() => exchange.step({ on: 'verified', matches: true }), /had not asked/);
});

function signInByPlain(message: string | Uint8Array, how: Partial<typeof account> = {}, matches = true): SaslStep {
  const exchange = startSasl('PLAIN', encrypted);
  let step = exchange.step({ on: 'auth', text: Buffer.from(message).toString('base64') });
  if ('need' in step) step = exchange.step({ on: 'account', account: { ...account, ...how } });
  if ('need' in step && step.need === 'verification') {
    assert.equal(step.password, 'pencil');
    assert.equal(step.credentials, credentials);
    step = exchange.step({ on: 'verified', matches });
  }
  return step;
}

test('RFC 4616 §2: PLAIN holds authorization identity, username and password', () => {
  const success = { success: { address: 'juliet@example.org' } };
  assert.deepEqual(signInByPlain('\0juliet\0pencil'), success);
  assert.deepEqual(signInByPlain('\0Juliet@example.org\0pencil'), success);
  assert.deepEqual(signInByPlain('juliet@example.org\0juliet\0pencil'), success);
});

const plainFailures: [why: string, condition: string, step: () => SaslStep][] = [
  ['a wrong password', 'not-authorized', () => signInByPlain('\0juliet\0pencil', {}, false)],
  [
    'an unknown account, even if its made-up keys fit',
    'not-authorized',
    () => signInByPlain('\0juliet\0pencil', { known: false }),
  ],
  ['a disabled account', 'account-disabled', () => signInByPlain('\0juliet\0pencil', { enabled: false })],
  [
    'a disabled account and a wrong password',
    'not-authorized',
    () => signInByPlain('\0juliet\0pencil', { enabled: false }, false),
  ],
  ['somebody else’s identity', 'invalid-authzid', () => signInByPlain('romeo@example.org\0juliet\0pencil')],
  ['another domain', 'not-authorized', () => signInByPlain('\0juliet@example.com\0pencil')],
  ['no name', 'malformed-request', () => signInByPlain('\0\0pencil')],
  ['no password', 'malformed-request', () => signInByPlain('\0juliet\0')],
  ['no second NUL', 'malformed-request', () => signInByPlain('\0juliet')],
  ['a third NUL', 'malformed-request', () => signInByPlain('\0juliet\0pencil\0')],
  ['bytes that are not UTF-8', 'malformed-request', () => signInByPlain(Buffer.from([0, 0x6a, 0, 0xff]))],
];

for (const [why, condition, step] of plainFailures) {
  test(`PLAIN: ${why} is answered with ${condition}`, () => assert.equal(failureOf(step()), condition));
}

function signInByCertificate(context: SaslContext, authzid = '', how: Partial<typeof account> = {}): SaslStep {
  const exchange = startSasl('EXTERNAL', context);
  const step = exchange.step({ on: 'auth', text: authzid === '' ? '=' : base64(authzid) });
  return 'need' in step ? exchange.step({ on: 'account', account: { ...account, ...how } }) : step;
}

const juliet = certified({ xmppAddrs: ['Juliet@example.org', 'juliet@example.com'] });
const both = certified({ xmppAddrs: ['juliet@example.org', 'nurse@example.org'] });

test('XEP-0178 §2: the only address of the certificate signs in, asked for or not', () => {
  assert.deepEqual(signInByCertificate(juliet), { success: { address: 'juliet@example.org' } });
  assert.deepEqual(signInByCertificate(juliet, 'juliet@example.org'), { success: { address: 'juliet@example.org' } });
});

test('XEP-0178 §2: of two addresses the one that is asked for signs in', () => {
  assert.deepEqual(signInByCertificate(both, 'nurse@example.org'), { success: { address: 'nurse@example.org' } });
});

const externalFailures: [why: string, condition: string, step: () => SaslStep][] = [
  ['two addresses, and none is asked for', 'invalid-authzid', () => signInByCertificate(both)],
  [
    'an address that is not in the certificate',
    'invalid-authzid',
    () => signInByCertificate(juliet, 'romeo@example.org'),
  ],
  ['an address of another domain', 'invalid-authzid', () => signInByCertificate(juliet, 'juliet@example.com')],
  ['something that is no address', 'invalid-authzid', () => signInByCertificate(juliet, 'juliet')],
  ['NUL', 'malformed-request', () => signInByCertificate(juliet, 'juliet\0')],
  ['no account of that address', 'not-authorized', () => signInByCertificate(juliet, '', { known: false })],
  ['a disabled account', 'account-disabled', () => signInByCertificate(juliet, '', { enabled: false })],
];

for (const [why, condition, step] of externalFailures) {
  test(`EXTERNAL: ${why} is answered with ${condition}`, () => assert.equal(failureOf(step()), condition));
}

const servers: [names: Partial<CertificateIdentities>, domain: string, possible: boolean, why: string][] = [
  [{ dnsNames: ['chat.example.net'] }, 'chat.example.net', true, 'its dNSName'],
  [{ dnsNames: ['Chat.Example.NET'] }, 'chat.example.net', true, 'its dNSName in another case'],
  [{ dnsNames: ['*.example.net'] }, 'chat.example.net', true, 'a wildcard for the first label'],
  [{ dnsNames: ['xn--bcher-kva.example'] }, 'bücher.example', true, 'an A-label'],
  [{ srvNames: ['_xmpp-server.example.net'] }, 'example.net', true, 'its SRVName'],
  [{ xmppAddrs: ['example.net'] }, 'example.net', true, 'its xmppAddr'],
  [{ dnsNames: ['*.example.net'] }, 'example.net', false, 'a wildcard does not stand for nothing'],
  [{ dnsNames: ['*.example.net'] }, 'a.b.example.net', false, 'a wildcard does not stand for two labels'],
  [{ dnsNames: ['*.net'] }, 'example.net', false, 'a wildcard does not stand for all of a top-level domain'],
  [{ dnsNames: ['c*.example.net'] }, 'chat.example.net', false, 'a wildcard stands for whole labels'],
  [{ srvNames: ['_xmpp-client.example.net'] }, 'example.net', false, 'the SRVName of another service'],
  [{ dnsNames: ['example.org'] }, 'example.net', false, 'another name'],
  [{ xmppAddrs: ['juliet@example.net'] }, 'example.net', false, 'a person’s address'],
  [{}, 'example.net', false, 'no name'],
];

for (const [names, domain, possible, why] of servers) {
  test(`XEP-0178 §3, RFC 6125 §6.4: ${domain} ${possible ? 'may' : 'may not'} sign in by ${JSON.stringify(names)}: ${why}`, () => {
    const context = certified(names, domain);
    assert.deepEqual(offeredMechanisms(context), possible ? ['EXTERNAL'] : []);
    if (!possible) return;
    assert.deepEqual(signInByCertificate(context), { success: { address: domain } });
    assert.deepEqual(signInByCertificate(context, domain), { success: { address: domain } });
    assert.equal(failureOf(signInByCertificate(context, 'example.com')), 'invalid-authzid');
  });
}

/** Gives an exchange what it asks for, and comes to what the client would see. */
function settle(exchange: SaslExchange, step: SaslStep): SaslStep {
  let current = step;
  while ('need' in current) {
    if (current.need === 'credentials') current = exchange.step({ on: 'account', account });
    else current = exchange.step({ on: 'verified', matches: false });
  }
  return current;
}

test('whatever a client sends, it gets a challenge or a failure, and nobody signs in', () => {
  const scrap = fc.constantFrom(
    'n,,',
    'y,,',
    'p=tls-exporter,,',
    'n=juliet',
    ',',
    'r=abc',
    'c=biws',
    'p=',
    'a=',
    'm=x',
    '\0',
    '=',
    'AAAA',
  );
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 64 }).map((array) => Buffer.from(array).toString('base64')),
    fc.array(fc.oneof(scrap, fc.string()), { maxLength: 8 }).map((parts) => base64(parts.join(''))),
    fc.string({ unit: 'binary' }),
    fc.constantFrom('', '='),
  );
  const on = fc.constantFrom('auth', 'response', 'response', 'abort');
  const context = { ...encrypted, tls: certified({ xmppAddrs: ['romeo@example.org'] }).tls };
  const mechanism = fc.constantFrom(...offeredMechanisms({ ...context, allowed: saslMechanisms.slice(1) }));
  fc.assert(
    fc.property(mechanism, bytes, fc.array(fc.tuple(on, bytes), { maxLength: 4 }), (name, first, rest) => {
      const exchange = startSasl(name, context);
      let step = settle(exchange, exchange.step({ on: 'auth', text: first }));
      for (const [kind, text] of rest) {
        assert.ok('challenge' in step || 'failure' in step, JSON.stringify(step));
        step = settle(exchange, exchange.step({ on: kind as 'response', text }));
      }
      assert.ok('challenge' in step || 'failure' in step, JSON.stringify(step));
    }),
    { numRuns: 500 },
  );
});
