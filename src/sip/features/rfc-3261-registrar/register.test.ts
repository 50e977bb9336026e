import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Registration } from '../../bindings.ts';
import { SipRequest } from '../../wire/message.ts';
import { type ContactRequest, readContacts } from './contacts.ts';
import { type RegisterChanges, type RegisterRequest, register } from './register.ts';

const LIMITS = { minSeconds: 60, maxSeconds: 7200, defaultSeconds: 3600, maxBindings: 3 };
const NOW = Date.UTC(2026, 0, 1);
const INSTANCE = 'urn:uuid:00000000-0000-1000-8000-000A95A0E128';

interface Said {
  contact?: string | readonly string[];
  expires?: string;
  callId?: string;
  cseq?: number;
  isOutbound?: boolean;
}

function read({ contact = [], expires }: Said): readonly ContactRequest[] | '*' {
  const lines = typeof contact === 'string' ? [contact] : contact;
  const headers = lines.flatMap((line) => ['contact', line]);
  if (expires !== undefined) headers.push('expires', expires);
  return readContacts(new SipRequest('REGISTER', 'sip:example.test', headers, ''));
}

const requestOf = (said: Said): RegisterRequest => ({
  contacts: read(said),
  expires: said.expires === undefined ? undefined : Number(said.expires),
  callId: said.callId ?? 'a@example.test',
  cseq: said.cseq ?? 1,
  path: '',
  userAgent: '',
  allow: '',
  isOutbound: said.isOutbound ?? true,
});

/** What is registered after some REGISTERs, one after the other. */
function after(...all: Said[]): Registration[] {
  let current: readonly Registration[] = [];
  all.forEach((said, i) => {
    current = applied(current, register(current, requestOf({ cseq: i + 1, ...said }), NOW, LIMITS));
  });
  return [...current];
}

function applied(current: readonly Registration[], { put, removed }: RegisterChanges): Registration[] {
  const all = new Map(current.map((said) => [said.id, said]));
  for (const id of removed) all.delete(id);
  for (const said of put) all.set(said.id, said);
  return [...all.values()];
}

const shown = (registrations: readonly Registration[]) =>
  registrations.map(({ uri, expiresAt }) => `${uri} ${(expiresAt - NOW) / 1000}`);

const A = '<sip:juliet@192.0.2.1>';
const B = '<sip:juliet@192.0.2.2>';

test('RFC 3261 §10.2.1.1, §10.3 step 7: how long a contact holds, by its parameter, the header, or us', () => {
  const rows: [said: Said, expected: string[]][] = [
    [{ contact: A }, ['sip:juliet@192.0.2.1 3600']],
    [{ contact: A, expires: '600' }, ['sip:juliet@192.0.2.1 600']],
    [{ contact: `${A};expires=900`, expires: '600' }, ['sip:juliet@192.0.2.1 900']],
    [{ contact: `${A};expires=60000` }, ['sip:juliet@192.0.2.1 7200']],
    // RFC 3261 §20.10: what cannot be read means an hour.
    [{ contact: `${A};expires=soon` }, ['sip:juliet@192.0.2.1 3600']],
    [{ contact: `${A};expires=99999999999999999999` }, ['sip:juliet@192.0.2.1 7200']],
    [{ contact: [`${A};expires=100, ${B}`, '<sip:j@192.0.2.3>;expires=0'], expires: '200' }, ['sip:juliet@192.0.2.1 100', 'sip:juliet@192.0.2.2 200']],
    [{}, []],
    [{ expires: '0' }, []],
  ]; // biome-ignore format: a table
  for (const [said, expected] of rows) assert.deepEqual(shown(after(said)), expected, JSON.stringify(said));
});

test('RFC 3261 §10.3 step 7: what is too brief is refused with 423 and the least that is not', () => {
  for (const seconds of [1, 59]) {
    assert.throws(() => after({ contact: `${A};expires=${seconds}` }), { status: 423, head: 'Min-Expires: 60\r\n' });
  }
  assert.equal(after({ contact: `${A};expires=60` }).length, 1);
});

test('RFC 3261 §10.3: a contact is found again by the rules of URI equality, and holds as it was said last', () => {
  const rows: [first: string, second: string, count: number][] = [
    [A, A, 1],
    [A, B, 2],
    ['<sip:juliet@EXAMPLE.com>', '<sip:%6Auliet@example.com>', 1],
    ['<sip:Juliet@example.com>', '<sip:juliet@example.com>', 2],
    ['<sip:juliet@example.com>', '<sip:juliet@example.com:5060>', 2],
    ['<sip:juliet@example.com;transport=tcp>', '<sip:juliet@example.com>', 2],
    ['<sip:juliet@example.com;x=1>', '<sip:juliet@example.com>', 1],
    ['<sip:juliet@example.com>', '<sips:juliet@example.com>', 2],
  ];
  for (const [first, second, count] of rows) {
    const all = after({ contact: first }, { contact: `${second};q=0.5` });
    assert.equal(all.length, count, `${first} ${second}`);
    assert.equal(all.at(-1)!.q, 500);
    assert.equal(`<${all.at(-1)!.uri}>`, second);
  }
});

test('RFC 3261 §10.2.2: expires=0 takes a contact away, and * takes all with Expires 0 alone', () => {
  const both = { contact: [A, B] };
  assert.deepEqual(shown(after(both, { contact: `${A};expires=0` })), ['sip:juliet@192.0.2.2 3600']);
  assert.deepEqual(after(both, { contact: A, expires: '0' }).length, 1);
  assert.deepEqual(after(both, { contact: '*', expires: '0' }), []);
  for (const expires of [undefined, '1', '3600']) {
    const said: Said = expires === undefined ? { contact: '*' } : { contact: '*', expires };
    assert.throws(() => after(both, said), { status: 400, reason: 'Contact * Without Expires 0' });
  }
  assert.throws(() => after({ contact: ['*', A], expires: '0' }), { status: 400 });
  assert.deepEqual(after({ contact: `${A};expires=0` }), [], 'what is not there is not missed');
});

test('RFC 3261 §10.3: of one Call-ID, what comes late is refused, and nothing of it is done', () => {
  const first = { contact: A, cseq: 5 };
  for (const late of [
    { contact: A, cseq: 5 },
    { contact: A, cseq: 4 },
    { contact: [B, A], cseq: 5 },
    { contact: `${A};expires=0`, cseq: 5 },
    { contact: '*', expires: '0', cseq: 5 },
  ]) {
    assert.throws(() => after(first, late), { status: 500, reason: 'REGISTER Out Of Order' }, JSON.stringify(late));
  }
  assert.equal(after(first, { contact: A, cseq: 1, callId: 'b@example.test' }).length, 1);
  assert.deepEqual(after(first, { contact: '*', expires: '0', cseq: 1, callId: 'b@example.test' }), []);
  assert.equal(after(first, { contact: B, cseq: 1 }).length, 2, 'another contact has its own order');
});

test('more contacts than allowed are refused together; those that are there may stay and go', () => {
  const three = { contact: [A, B, '<sip:juliet@192.0.2.3>'] };
  const refused = { status: 403, reason: 'Too Many Contacts Are Registered' };
  assert.throws(() => after(three, { contact: '<sip:juliet@192.0.2.4>' }), refused);
  assert.equal(after(three, { contact: A }).length, 3);
  assert.equal(after(three, { contact: [`${A};expires=0`, '<sip:juliet@192.0.2.4>'] }).length, 3);
});

test('RFC 5626 §6: a flow of an instance is one binding, whatever its contact', () => {
  const flow = (n: number, regId: number) =>
    `<sip:juliet@192.0.2.${n};ob>;+sip.instance="<${INSTANCE}>";reg-id=${regId}`;
  const two = after({ contact: flow(1, 1) }, { contact: flow(2, 2) });
  assert.deepEqual(two.map(({ regId, device }) => [regId, device]), [[1, INSTANCE], [2, INSTANCE]]); // biome-ignore format: a list
  const again = after({ contact: flow(1, 1) }, { contact: flow(9, 1), callId: 'other', cseq: 1 });
  assert.deepEqual(shown(again), ['sip:juliet@192.0.2.9;ob 3600']);
  const refused = { status: 400, reason: 'Several Contacts With reg-id' };
  assert.throws(() => after({ contact: [flow(1, 1), flow(2, 2)] }), refused);
  assert.throws(() => after({ contact: [flow(1, 1), A] }), refused);
  assert.equal(after({ contact: flow(1, 1) }, { contact: [`${flow(1, 1)};expires=0`, flow(2, 2)] }).length, 1);
});

test('RFC 5626 §4.2, §6: a reg-id means nothing without an instance, and where no flow is kept', () => {
  const [alone] = after({ contact: `${A};reg-id=1` });
  assert.equal(alone!.regId, 0);
  const [notKept] = after({ contact: `${A};reg-id=1;+sip.instance="<${INSTANCE}>"`, isOutbound: false });
  assert.equal(notKept!.regId, 0);
  assert.equal(notKept!.device, INSTANCE);
  for (const regId of ['0', '-1', 'x', '2147483648']) {
    const contact = `${A};reg-id=${regId};+sip.instance="<${INSTANCE}>"`;
    assert.throws(() => after({ contact }), { status: 400, reason: 'Bad reg-id In Contact' }, regId);
  }
});

test('the name of a device is that of its instance where it can be, and stays the same', () => {
  const device = (contact: string) => after({ contact })[0]!.device;
  assert.equal(device(`${A};+sip.instance="<${INSTANCE}>"`), INSTANCE);
  assert.match(device(A), /^sip-[\w-]{12}$/);
  assert.equal(device(A), device(`${A};q=0.3`));
  assert.notEqual(device(A), device(B));
  const odd = `;+sip.instance="<my phone \xe4>"`;
  assert.match(device(A + odd), /^sip-[\w-]{12}$/);
  assert.equal(device(A + odd), device(B + odd));
});

test('RFC 3261 §20.10: contacts that are none are answered with 400', () => {
  for (const contact of [
    '<sip:juliet@192.0.2.1',
    'juliet',
    '<mailto:juliet@example.test>',
    '<tel:+1234>',
    `${A};q=2`,
    `${A};q=0.1234`,
    `${A};q=high`,
    '<sip:juliet@>',
    `<sip:${'j'.repeat(3000)}@192.0.2.1>`,
  ]) {
    assert.throws(() => after({ contact: [contact] }), { status: 400 }, contact.slice(0, 50));
  }
});

test('whatever is registered, there are never more than allowed, and one of each', () => {
  const uri = fc.integer({ min: 1, max: 6 }).map((n) => `<sip:j@192.0.2.${n}>`);
  const said = fc.record({
    contact: fc.oneof(fc.constant('*'), fc.array(fc.tuple(uri, fc.constantFrom('', ';expires=0', ';expires=60')).map((pair) => pair.join('')), { maxLength: 4 })),
    expires: fc.constantFrom('0', '60', '3600'),
    callId: fc.constantFrom('a', 'b'),
    cseq: fc.integer({ min: 1, max: 9 }),
  }); // biome-ignore format: a shape
  fc.assert(
    fc.property(fc.array(said, { maxLength: 30 }), (all) => {
      let current: Registration[] = [];
      for (const one of all) {
        try {
          current = applied(current, register(current, requestOf(one), NOW, LIMITS));
        } catch (error) {
          assert.ok([400, 403, 423, 500].includes((error as { status: number }).status));
        }
        assert.ok(current.length <= LIMITS.maxBindings);
        assert.equal(new Set(current.map(({ uri }) => uri)).size, current.length);
      }
    }),
  );
});
