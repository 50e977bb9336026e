import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Credentials, deriveKeys, fakeCredentials } from '#keys/credentials.ts';
import { ScramClient, type ScramClientOptions } from '../../../test/support/scram-client.ts';
import { offeredBindingTypes, offeredMechanisms, type SaslStep, saslMechanisms, startSasl } from './sasl.ts';
import type { SaslContext } from './sasl-mechanism.ts';

const base64 = (text: string | Uint8Array) => Buffer.from(text).toString('base64');

const overTls: SaslContext = {
  domain: 'example.org',
  tls: {
    channelBindings: new Map([
      ['tls-exporter', () => Buffer.from('exported')],
      ['tls-server-end-point', () => Buffer.from('certificate')],
    ]),
  },
  allowed: saslMechanisms,
  withoutTls: false,
  downgradeProtection: true,
};

async function credentialsOf(password: string, salt: string): Promise<Credentials> {
  const keys = (mechanism: keyof Credentials) => deriveKeys(mechanism, password, Buffer.from(salt, 'base64'), 4096);
  return {
    'SCRAM-SHA-1': await keys('SCRAM-SHA-1'),
    'SCRAM-SHA-256': await keys('SCRAM-SHA-256'),
    'SCRAM-SHA-512': await keys('SCRAM-SHA-512'),
  };
}

const pencil = await credentialsOf('pencil', 'QSXCR+Q6sek8bf92');

interface Vector {
  title: string;
  mechanism: string;
  context: SaslContext;
  salt: string;
  messages: [clientFirst: string, serverFirst: string, clientFinal: string, serverFinal: string];
}

const vectors: Vector[] = [
  {
    title: 'RFC 5802 §5: the example of SCRAM-SHA-1',
    mechanism: 'SCRAM-SHA-1',
    context: { ...overTls, downgradeProtection: false, nonce: () => '3rfcNHYJY1ZVvWVs7j' },
    salt: 'QSXCR+Q6sek8bf92',
    messages: [
      'n,,n=user,r=fyko+d2lbbFgONRv9qkxdawL',
      'r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096',
      'c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=',
      'v=rmF9pqV8S7suAoZWja4dJRkFsKQ=',
    ],
  },
  {
    title: 'RFC 7677 §3: the example of SCRAM-SHA-256',
    mechanism: 'SCRAM-SHA-256',
    context: { ...overTls, downgradeProtection: false, nonce: () => '%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0' },
    salt: 'W22ZaJ0SNY7soEsUEjb6gQ==',
    messages: [
      'n,,n=user,r=rOprNGfwEbeRWgbNEkqO',
      'r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096',
      'c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=',
      'v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=',
    ],
  },
  {
    title: 'XEP-0474 §5.3: the full example, SCRAM-SHA-1-PLUS with the hash of what was offered and an extension',
    mechanism: 'SCRAM-SHA-1-PLUS',
    context: {
      ...overTls,
      tls: {
        channelBindings: new Map([
          ['tls-server-end-point', () => Buffer.from('')],
          ['tls-exporter', () => Buffer.from('THIS IS FAKE CB DATA')],
        ]),
      },
      allowed: ['SCRAM-SHA-1'],
      nonce: () => 'a09117a6-ac50-4f2f-93f1-93799c2bddf6',
    },
    salt: 'QSXCR+Q6sek8bf92',
    messages: [
      'p=tls-exporter,,n=user,r=12C4CD5C-E38E-4A98-8F6D-15C38F51CCC6',
      'r=12C4CD5C-E38E-4A98-8F6D-15C38F51CCC6a09117a6-ac50-4f2f-93f1-93799c2bddf6,s=QSXCR+Q6sek8bf92,i=4096,h=G6k/rBLDqgOhRRaCuuatSDFkJ08=',
      'c=cD10bHMtZXhwb3J0ZXIsLFRISVMgSVMgRkFLRSBDQiBEQVRB,r=12C4CD5C-E38E-4A98-8F6D-15C38F51CCC6a09117a6-ac50-4f2f-93f1-93799c2bddf6,x=19C6532F-1CF4-4A27-A18D-DC9CEA41BBB3,p=M/SIDjT+dfcxUh89jZEypRvFxB4=',
      'v=MQrMPvv7yv4x4Cq4W4Ih25EqS2c=',
    ],
  },
];

for (const { title, mechanism, context, salt, messages } of vectors) {
  test(title, async () => {
    const credentials = await credentialsOf('pencil', salt);
    const exchange = startSasl(mechanism, context);
    const asked = exchange.step({ on: 'auth', text: base64(messages[0]) });
    assert.ok('need' in asked && asked.need === 'credentials');
    assert.equal(asked.address, 'user@example.org');
    const challenge = exchange.step({ on: 'account', account: { known: true, enabled: true, credentials } });
    assert.ok('challenge' in challenge);
    assert.equal(Buffer.from(challenge.challenge).toString(), messages[1]);
    const done = exchange.step({ on: 'response', text: base64(messages[2]) });
    assert.ok('success' in done, JSON.stringify(done));
    assert.equal(Buffer.from(done.additional!).toString(), messages[3]);
    assert.deepEqual(done.success, { address: 'user@example.org' });
  });
}

interface Play {
  mechanism?: string;
  user?: string;
  password?: string;
  options?: ScramClientOptions;
  context?: Partial<SaslContext>;
  account?: Partial<{ known: boolean; enabled: boolean; credentials: Credentials }>;
  /** Changes the client's messages on their way. */
  tamperFirst?: (first: string) => string;
  tamperFinal?: (final: string) => string;
}

/** Plays an exchange between the test client and ours, up to its end. */
async function play(how: Play): Promise<SaslStep> {
  const context = { ...overTls, ...how.context };
  const mechanism = how.mechanism ?? 'SCRAM-SHA-256';
  const client = new ScramClient(
    mechanism.replace('-PLUS', ''),
    how.user ?? 'user',
    how.password ?? 'pencil',
    how.options,
  );
  const exchange = startSasl(mechanism, context);
  const account = { known: true, enabled: true, credentials: pencil, ...how.account };
  let step = exchange.step({ on: 'auth', text: base64(how.tamperFirst?.(client.first) ?? client.first) });
  if ('need' in step) step = exchange.step({ on: 'account', account });
  if (!('challenge' in step)) return step;
  const final = await client.final(Buffer.from(step.challenge).toString());
  step = exchange.step({ on: 'response', text: base64(how.tamperFinal?.(final) ?? final) });
  if ('success' in step) client.verify(Buffer.from(step.additional!).toString());
  return step;
}

const failureOf = (step: SaslStep) => ('failure' in step ? step.failure : JSON.stringify(step));

for (const mechanism of ['SCRAM-SHA-1', 'SCRAM-SHA-256', 'SCRAM-SHA-512']) {
  test(`${mechanism}: a client that knows the password signs in, and knows that we know its keys`, async () => {
    const offered = { mechanisms: offeredMechanisms(overTls), bindingTypes: offeredBindingTypes(overTls) };
    assert.ok('success' in (await play({ mechanism, options: { offered } })));
    for (const [type, data] of overTls.tls!.channelBindings) {
      const options = { channelBinding: { type, data: data() }, offered };
      assert.ok('success' in (await play({ mechanism: `${mechanism}-PLUS`, options })));
    }
  });
}

test('RFC 6120 §6.3.7: the username is a localpart or an address of this domain, in any spelling', async () => {
  for (const user of ['USER', 'user@example.org', 'User@EXAMPLE.org', 'ｕｓｅｒ']) {
    const step = await play({ user });
    assert.ok('success' in step && step.success.address === 'user@example.org', user);
  }
});

test('RFC 6120 §6.3.8: an authorization identity that is one’s own address is fine', async () => {
  assert.ok('success' in (await play({ options: { authzid: 'User@example.org' } })));
});

test('RFC 5802 §5.1: a comma and an equals sign in a name are escaped, and optional extensions are passed over', async () => {
  const step = await play({ user: 'a=b,c', options: { extensions: ',x=1,y=2=3' } });
  assert.ok('success' in step && step.success.address === 'a=b,c@example.org');
});

test('RFC 5802 §6: a client without channel binding may say so where it is offered', async () => {
  assert.ok('success' in (await play({ options: { flag: 'n' } })));
});

test('RFC 5802 §6: a client that thinks we have no channel binding is right where it is not offered', async () => {
  const tls = { channelBindings: new Map() };
  assert.ok('success' in (await play({ options: { flag: 'y' }, context: { tls } })));
});

const someBinding = { channelBinding: { type: 'tls-exporter', data: Buffer.from('exported') } };
const proofOf = (final: string) => final.slice(final.indexOf(',p='));

const failures: [title: string, condition: string, how: Play][] = [
  ['RFC 5802 §3: a wrong password', 'not-authorized', { password: 'crayon' }],
  ['RFC 5802 §9: an unknown account, after the same exchange', 'not-authorized', { account: { known: false } }],
  [
    'an unknown account with made-up keys',
    'not-authorized',
    { account: { known: false, credentials: fakeCredentials(Buffer.alloc(32), 'user@example.org', 4096) } },
  ],
  [
    'RFC 6120 §6.5.2: a disabled account, for one who knows the password',
    'account-disabled',
    { account: { enabled: false } },
  ],
  ['a disabled account, for one who does not', 'not-authorized', { account: { enabled: false }, password: 'crayon' }],
  ['an address of another domain', 'not-authorized', { user: 'user@example.com' }],
  ['a name that no account can have', 'not-authorized', { user: 'us er' }],
  [
    'RFC 6120 §6.5.6: an authorization identity of somebody else',
    'invalid-authzid',
    { options: { authzid: 'nurse@example.org' } },
  ],
  ['an authorization identity with a resource', 'invalid-authzid', { options: { authzid: 'user@example.org/a' } }],
  ['an authorization identity that is no address', 'invalid-authzid', { options: { authzid: 'user' } }],
  ['RFC 5802 §6: somebody has hidden that we offer channel binding', 'not-authorized', { options: { flag: 'y' } }],
  ['channel binding without -PLUS', 'malformed-request', { options: someBinding }],
  ['-PLUS without channel binding', 'malformed-request', { mechanism: 'SCRAM-SHA-1-PLUS' }],
  [
    'a type of channel binding that is not offered',
    'malformed-request',
    { mechanism: 'SCRAM-SHA-1-PLUS', options: { channelBinding: { type: 'tls-unique', data: Buffer.from('x') } } },
  ],
  [
    'RFC 5802 §6: the channel of somebody in between',
    'not-authorized',
    {
      mechanism: 'SCRAM-SHA-1-PLUS',
      options: { channelBinding: { type: 'tls-exporter', data: Buffer.from('theirs') } },
    },
  ],
  [
    'RFC 5802 §5.1: a gs2 header that is not the one of the first message',
    'not-authorized',
    { tamperFinal: (final) => final.replace('c=biws', `c=${base64('y,,')}`) },
  ],
  [
    'a nonce that is not the one of this exchange',
    'not-authorized',
    { tamperFinal: (final) => final.replace(',r=', ',r=x') },
  ],
  ['a proof of the wrong length', 'not-authorized', { tamperFinal: (final) => final.replace(/p=.*/, 'p=AAAA') }],
  ['an empty proof', 'not-authorized', { tamperFinal: (final) => final.replace(/p=.*/, 'p=') }],
  ['a proof that is not base64', 'malformed-request', { tamperFinal: (final) => final.replace(/p=.*/, 'p=A') }],
  [
    'a final message without a proof',
    'malformed-request',
    { tamperFinal: (final) => final.replace(proofOf(final), '') },
  ],
  ['a proof that does not stand last', 'malformed-request', { tamperFinal: (final) => `${final},x=1` }],
  ['a final message that was changed', 'not-authorized', { tamperFinal: (final) => final.replace(',p=', ',x=1,p=') }],
  [
    'RFC 5802 §5.1: a mandatory extension at first',
    'malformed-request',
    { tamperFirst: (first) => first.replace('n=', 'm=1,n=') },
  ],
  ['a mandatory extension at last', 'malformed-request', { tamperFinal: (final) => `m=1,${final}` }],
  ['a first message without a name', 'malformed-request', { tamperFirst: () => 'n,,r=abc' }],
  ['a first message with an empty name', 'malformed-request', { tamperFirst: () => 'n,,n=,r=abc' }],
  ['a first message without a nonce', 'malformed-request', { tamperFirst: () => 'n,,n=user' }],
  ['a nonce with a character outside ASCII', 'malformed-request', { tamperFirst: () => 'n,,n=user,r=abcé' }],
  ['a nonce beyond all measure', 'malformed-request', { tamperFirst: () => `n,,n=user,r=${'a'.repeat(513)}` }],
  ['an escape in a name that there is not', 'malformed-request', { tamperFirst: () => 'n,,n=us=er,r=abc' }],
  ['a gs2 flag that there is not', 'malformed-request', { tamperFirst: (first) => `x${first.slice(1)}` }],
  ['no gs2 header', 'malformed-request', { tamperFirst: (first) => first.slice(3) }],
  ['an extension without a value', 'malformed-request', { tamperFirst: (first) => `${first},x` }],
  ['NUL in a name', 'malformed-request', { tamperFirst: () => 'n,,n=us\0er,r=abc' }],
];

for (const [title, condition, how] of failures) {
  test(`${title}: ${condition}`, async () => assert.equal(failureOf(await play(how)), condition));
}

test('XEP-0474 §5.2: a client notices that what it was offered is not what we offered', async () => {
  const bindingTypes = offeredBindingTypes(overTls);
  const hidden = { offered: { mechanisms: ['SCRAM-SHA-1'], bindingTypes } };
  await assert.rejects(play({ options: hidden }), /somebody has changed/);
  const stripped = { offered: { mechanisms: offeredMechanisms(overTls), bindingTypes: ['tls-server-end-point'] } };
  await assert.rejects(play({ options: stripped }), /somebody has changed/);
});

test('our part of the nonce is never the same', () => {
  const nonces = new Set<string>();
  for (let n = 0; n < 100; n++) {
    const exchange = startSasl('SCRAM-SHA-1', overTls);
    exchange.step({ on: 'auth', text: base64('n,,n=user,r=abc') });
    const step = exchange.step({ on: 'account', account: { known: true, enabled: true, credentials: pencil } });
    assert.ok('challenge' in step);
    nonces.add(/^r=abc([^,]{32}),/.exec(Buffer.from(step.challenge).toString())![1]!);
  }
  assert.equal(nonces.size, 100);
});
