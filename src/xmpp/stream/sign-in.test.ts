import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Account, SignInAccount } from '#accounts/accounts.ts';
import { throttleSettings } from '#accounts/settings.ts';
import { Throttle, type ThrottleSettings } from '#accounts/throttle.ts';
import { Failure } from '#base/failure.ts';
import { type Credentials, deriveCredentials, fakeCredentials, verifyPassword } from '#keys/credentials.ts';
import { FakeClock } from '../../../test/support/fake-clock.ts';
import { ScramClient } from '../../../test/support/scram-client.ts';
import { saslMechanisms, startSasl } from './sasl.ts';
import type { SaslContext } from './sasl-mechanism.ts';
import { SignIn, type SignInAnswer } from './sign-in.ts';

const HOME = '192.0.2.1';
const base64 = (text: string) => Buffer.from(text).toString('base64');
const defaults = Object.entries(throttleSettings.shape).map(([name, setting]) => [name, setting.default]);
const settings = { ...(Object.fromEntries(defaults) as ThrottleSettings), pairFreeFailures: 3 };
const pencil = await deriveCredentials('pencil', 4096);

const context: SaslContext = {
  domain: 'example.test',
  tls: {
    channelBindings: new Map(),
    certificate: { xmppAddrs: ['juliet@example.test'], dnsNames: [], srvNames: [] },
  },
  allowed: saslMechanisms,
  withoutTls: false,
  downgradeProtection: true,
};

const juliet: Account = {
  id: 1,
  address: 'juliet@example.test',
  admin: false,
  enabled: true,
  createdAt: 0,
  passwordChangedAt: 0,
};

/** A server with one account, Juliet's. */
function server() {
  const clock = new FakeClock();
  const throttle = new Throttle(clock, settings);
  const accounts = {
    revision: 0,
    juliet: juliet as Account | undefined,
    broken: false,
    async credentialsOf(address: string): Promise<SignInAccount> {
      if (accounts.broken) throw new Failure('store-failing', 'the disk is full');
      const account = address === juliet.address ? accounts.juliet : undefined;
      return { account, credentials: account ? pencil : fakeCredentials(Buffer.alloc(32), address, 4096) };
    },
    verify: (_account: Account | undefined, credentials: Credentials, password: string) =>
      verifyPassword(credentials, password),
  };
  const begin = (mechanism: string, ip = HOME) => new SignIn(startSasl(mechanism, context), ip, { accounts, throttle });
  return { clock, throttle, accounts, begin };
}

const byPlain = (it: ReturnType<typeof server>, password: string, user = 'juliet', ip = HOME) =>
  it.begin('PLAIN', ip).take({ on: 'auth', text: base64(`\0${user}\0${password}`) });

async function byScram(it: ReturnType<typeof server>, password: string, meanwhile = () => {}): Promise<SignInAnswer> {
  const client = new ScramClient('SCRAM-SHA-256', 'juliet', password);
  const signIn = it.begin('SCRAM-SHA-256');
  const answer = await signIn.take({ on: 'auth', text: base64(client.first) });
  if (!('challenge' in answer)) return answer;
  const final = await client.final(Buffer.from(answer.challenge).toString());
  meanwhile();
  return signIn.take({ on: 'response', text: base64(final) });
}

const outcome = (answer: SignInAnswer) => ('failure' in answer ? answer.failure : Object.keys(answer)[0]);

test('who knows the password signs in, and the answer says as which account', async () => {
  const it = server();
  for (const answer of [await byPlain(it, 'pencil'), await byScram(it, 'pencil')]) {
    assert.ok('success' in answer);
    assert.equal(answer.account, juliet);
  }
});

test('a certificate signs in without a password', async () => {
  const answer = await server().begin('EXTERNAL').take({ on: 'auth', text: '=' });
  assert.ok('success' in answer && answer.account === juliet);
});

test('a wrong password and an unknown account get the same answer', async () => {
  const it = server();
  assert.deepEqual(await byPlain(it, 'crayon'), { failure: 'not-authorized' });
  assert.deepEqual(await byPlain(it, 'crayon', 'nobody'), { failure: 'not-authorized' });
  assert.deepEqual(await byScram(it, 'crayon'), { failure: 'not-authorized' });
});

test('one who guesses too often has to wait, is told how long, and can go on then', async () => {
  const it = server();
  for (let n = 0; n < 4; n++) assert.equal(outcome(await byPlain(it, 'crayon')), 'not-authorized');
  const refused = await byPlain(it, 'pencil');
  assert.deepEqual(refused, {
    failure: 'temporary-auth-failure',
    text: 'Too many wrong passwords; try again in 1 s.',
  });
  assert.equal(outcome(await byScram(it, 'pencil')), 'temporary-auth-failure');
  it.clock.advance(1000);
  assert.equal(outcome(await byPlain(it, 'pencil')), 'success');
});

test('an unknown account makes one wait just the same', async () => {
  const it = server();
  for (let n = 0; n < 4; n++) await byPlain(it, 'crayon', 'nobody');
  assert.equal(outcome(await byPlain(it, 'crayon', 'nobody')), 'temporary-auth-failure');
});

test('of guesses made side by side no more are answered than of guesses made one by one', async () => {
  const it = server();
  const guesses = [...Array.from({ length: 20 }, () => 'crayon'), 'pencil'];
  const outcomes = (await Promise.all(guesses.map((password) => byPlain(it, password)))).map(outcome);
  assert.equal(outcomes.filter((condition) => condition === 'not-authorized').length, 4);
  assert.equal(outcomes.at(-1), 'temporary-auth-failure');
});

test('guesses at a password do not stop a certificate', async () => {
  const it = server();
  for (let n = 0; n < 10; n++) await byPlain(it, 'crayon');
  assert.equal(outcome(await it.begin('EXTERNAL').take({ on: 'auth', text: '=' })), 'success');
});

test('giving up and sending rubbish are no guesses', async () => {
  const it = server();
  for (let n = 0; n < 10; n++) {
    assert.equal(outcome(await it.begin('PLAIN').take({ on: 'auth', text: base64('juliet') })), 'malformed-request');
    const signIn = it.begin('SCRAM-SHA-1');
    await signIn.take({ on: 'auth', text: base64('n,,n=juliet,r=abc') });
    assert.equal(outcome(await signIn.take({ on: 'abort' })), 'aborted');
  }
  assert.equal(outcome(await byPlain(it, 'pencil')), 'success');
});

test('a store that cannot be read is a temporary failure, and no guess', async () => {
  const it = server();
  it.accounts.broken = true;
  for (let n = 0; n < 10; n++) assert.equal(outcome(await byPlain(it, 'pencil')), 'temporary-auth-failure');
  it.accounts.broken = false;
  assert.equal(outcome(await byPlain(it, 'pencil')), 'success');
});

test('who is removed, disabled or given another password in the course of it does not sign in', async () => {
  const changes: (Account | undefined)[] = [
    undefined,
    { ...juliet, enabled: false },
    { ...juliet, passwordChangedAt: 1 },
  ];
  for (const change of changes) {
    const it = server();
    const answer = await byScram(it, 'pencil', () => {
      it.accounts.juliet = change;
      it.accounts.revision++;
    });
    assert.equal(outcome(answer), 'temporary-auth-failure');
  }
  const it = server();
  assert.equal(outcome(await byScram(it, 'pencil', () => void it.accounts.revision++)), 'success');
});

test('the address is known for the log, also when the attempt fails', async () => {
  const it = server();
  const signIn = it.begin('PLAIN');
  await signIn.take({ on: 'auth', text: base64('\0Juliet\0crayon') });
  assert.equal(signIn.address, 'juliet@example.test');
});

test('an end user who is not enabled is told so with the right password alone, and has guessed nothing', async () => {
  const { accounts, begin } = server();
  accounts.juliet = { ...juliet, enabled: false, endUser: '00000000-0000-4000-8000-000000000001' };
  const byPassword = (password: string) => begin('PLAIN').take({ on: 'auth', text: base64(`\0juliet\0${password}`) });
  for (let i = 0; i < 10; i++) {
    const answer = await byPassword('pencil');
    assert.deepEqual(answer, {
      failure: 'not-authorized',
      text: 'You are not enabled for instant messaging and presence; ask your administrator.',
    });
  }
  assert.deepEqual(await byPassword('paper'), { failure: 'not-authorized' });
});
