import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { SubscriptionRequest } from '#accounts/homes.ts';
import { hearFrom, type Standing, type Subscription, sayTo, strangers } from './subscription.ts';

/** The nine states of RFC 6121 A.1, in its words. */
const STATES = {
  None: state('none'),
  'None + Pending Out': state('none', 'out'),
  'None + Pending In': state('none', 'in'),
  'None + Pending Out+In': state('none', 'out', 'in'),
  To: state('to'),
  'To + Pending In': state('to', 'in'),
  From: state('from'),
  'From + Pending Out': state('from', 'out'),
  Both: state('both'),
};

type State = keyof typeof STATES;
type Row = [existing: State, must: 'MUST' | 'MUST NOT', next: State | 'no change' | 'pre-approval'];

function state(subscription: Subscription, ...pending: ('out' | 'in')[]): Standing {
  return { ...strangers, subscription, pendingOut: pending.includes('out'), pendingIn: pending.includes('in') };
}

function expected(existing: State, next: Row[2]): Standing {
  if (next === 'no change') return STATES[existing];
  return next === 'pre-approval' ? { ...STATES[existing], approved: true } : STATES[next];
}

const OUTBOUND: { table: string; type: SubscriptionRequest; rows: Row[] }[] = [
  {
    table: 'A.2.1',
    type: 'subscribe',
    rows: [
      ['None', 'MUST', 'None + Pending Out'],
      ['None + Pending Out', 'MUST', 'no change'],
      ['None + Pending In', 'MUST', 'None + Pending Out+In'],
      ['None + Pending Out+In', 'MUST', 'no change'],
      ['To', 'MUST', 'no change'],
      ['To + Pending In', 'MUST', 'no change'],
      ['From', 'MUST', 'From + Pending Out'],
      ['From + Pending Out', 'MUST', 'no change'],
      ['Both', 'MUST', 'no change'],
    ],
  },
  {
    table: 'A.2.2',
    type: 'unsubscribe',
    rows: [
      ['None', 'MUST', 'no change'],
      ['None + Pending Out', 'MUST', 'None'],
      ['None + Pending In', 'MUST', 'no change'],
      ['None + Pending Out+In', 'MUST', 'None + Pending In'],
      ['To', 'MUST', 'None'],
      ['To + Pending In', 'MUST', 'None + Pending In'],
      ['From', 'MUST', 'no change'],
      ['From + Pending Out', 'MUST', 'From'],
      ['Both', 'MUST', 'From'],
    ],
  },
  {
    table: 'A.2.3',
    type: 'subscribed',
    rows: [
      ['None', 'MUST NOT', 'pre-approval'],
      ['None + Pending Out', 'MUST NOT', 'pre-approval'],
      ['None + Pending In', 'MUST', 'From'],
      ['None + Pending Out+In', 'MUST', 'From + Pending Out'],
      ['To', 'MUST NOT', 'pre-approval'],
      ['To + Pending In', 'MUST', 'Both'],
      ['From', 'MUST NOT', 'no change'],
      ['From + Pending Out', 'MUST NOT', 'no change'],
      ['Both', 'MUST NOT', 'no change'],
    ],
  },
  {
    table: 'A.2.4',
    type: 'unsubscribed',
    rows: [
      ['None', 'MUST NOT', 'no change'],
      ['None + Pending Out', 'MUST NOT', 'no change'],
      ['None + Pending In', 'MUST', 'None'],
      ['None + Pending Out+In', 'MUST', 'None + Pending Out'],
      ['To', 'MUST NOT', 'no change'],
      ['To + Pending In', 'MUST', 'To'],
      ['From', 'MUST', 'None'],
      ['From + Pending Out', 'MUST', 'None + Pending Out'],
      ['Both', 'MUST', 'To'],
    ],
  },
];

const INBOUND: { table: string; type: SubscriptionRequest; rows: Row[] }[] = [
  {
    table: 'A.3.1',
    type: 'subscribe',
    rows: [
      ['None', 'MUST', 'None + Pending In'],
      ['None + Pending Out', 'MUST', 'None + Pending Out+In'],
      ['None + Pending In', 'MUST NOT', 'no change'],
      ['None + Pending Out+In', 'MUST NOT', 'no change'],
      ['To', 'MUST', 'To + Pending In'],
      ['To + Pending In', 'MUST NOT', 'no change'],
      ['From', 'MUST NOT', 'no change'],
      ['From + Pending Out', 'MUST NOT', 'no change'],
      ['Both', 'MUST NOT', 'no change'],
    ],
  },
  {
    table: 'A.3.2',
    type: 'unsubscribe',
    rows: [
      ['None', 'MUST NOT', 'no change'],
      ['None + Pending Out', 'MUST NOT', 'no change'],
      ['None + Pending In', 'MUST', 'None'],
      ['None + Pending Out+In', 'MUST', 'None + Pending Out'],
      ['To', 'MUST NOT', 'no change'],
      ['To + Pending In', 'MUST', 'To'],
      ['From', 'MUST', 'None'],
      ['From + Pending Out', 'MUST', 'None + Pending Out'],
      ['Both', 'MUST', 'To'],
    ],
  },
  {
    table: 'A.3.3',
    type: 'subscribed',
    rows: [
      ['None', 'MUST NOT', 'no change'],
      ['None + Pending Out', 'MUST', 'To'],
      ['None + Pending In', 'MUST NOT', 'no change'],
      ['None + Pending Out+In', 'MUST', 'To + Pending In'],
      ['To', 'MUST NOT', 'no change'],
      ['To + Pending In', 'MUST NOT', 'no change'],
      ['From', 'MUST NOT', 'no change'],
      ['From + Pending Out', 'MUST', 'Both'],
      ['Both', 'MUST NOT', 'no change'],
    ],
  },
  {
    table: 'A.3.4',
    type: 'unsubscribed',
    rows: [
      ['None', 'MUST NOT', 'no change'],
      ['None + Pending Out', 'MUST', 'None'],
      ['None + Pending In', 'MUST NOT', 'no change'],
      ['None + Pending Out+In', 'MUST', 'None + Pending In'],
      ['To', 'MUST', 'None'],
      ['To + Pending In', 'MUST', 'None + Pending In'],
      ['From', 'MUST NOT', 'no change'],
      ['From + Pending Out', 'MUST', 'From'],
      ['Both', 'MUST', 'From'],
    ],
  },
];

for (const { table, type, rows } of OUTBOUND) {
  for (const [existing, must, next] of rows) {
    test(`RFC 6121 ${table}: an outbound ${type} in "${existing}" ${must} be routed; new state: ${next}`, () => {
      const outbound = sayTo(STATES[existing], type);
      assert.equal(outbound.route, must === 'MUST');
      assert.deepEqual(outbound.next, expected(existing, next));
    });
  }
}

for (const { table, type, rows } of INBOUND) {
  for (const [existing, must, next] of rows) {
    test(`RFC 6121 ${table}: an inbound ${type} in "${existing}" ${must} be delivered; new state: ${next}`, () => {
      const inbound = hearFrom(STATES[existing], type);
      assert.equal(inbound.deliver, must === 'MUST');
      assert.deepEqual(inbound.next, expected(existing, next));
    });
  }
}

for (const existing of ['From', 'From + Pending Out', 'Both'] as const) {
  test(`RFC 6121 §3.1.3 (2): who asks for what it has ("${existing}") is answered with subscribed`, () => {
    assert.equal(hearFrom(STATES[existing], 'subscribe').answer, 'subscribed');
  });
}

const APPROVED_IN_ADVANCE = [
  ['None', 'From'],
  ['None + Pending Out', 'From + Pending Out'],
  ['To', 'Both'],
] as const;

for (const [existing, next] of APPROVED_IN_ADVANCE) {
  test(`RFC 6121 §3.4: a subscribe in "${existing}", approved in advance, is answered with subscribed: "${next}"`, () => {
    const inbound = hearFrom({ ...STATES[existing], approved: true }, 'subscribe');
    assert.deepEqual(inbound, {
      next: { ...STATES[next], approved: true },
      deliver: false,
      answer: 'subscribed',
    });
  });

  test(`RFC 6121 §3.4: an approval in advance in "${existing}" is taken back by unsubscribed, which is not routed`, () => {
    const outbound = sayTo({ ...STATES[existing], approved: true }, 'unsubscribed');
    assert.deepEqual(outbound, { next: STATES[existing], route: false });
  });
}

const TYPES = ['subscribe', 'subscribed', 'unsubscribe', 'unsubscribed'] as const;

test('RFC 6121 A.1: whatever is said, the state is one of the nine', () => {
  const said = fc.record({ type: fc.constantFrom(...TYPES), out: fc.boolean() });
  fc.assert(
    fc.property(fc.array(said), (steps) => {
      let now = strangers;
      for (const { type, out } of steps) now = (out ? sayTo(now, type) : hearFrom(now, type)).next;
      const { approved: _, ...bare } = now;
      assert.ok(Object.values(STATES).some(({ approved: _, ...known }) => same(known, bare)));
    }),
  );
});

test('RFC 6121 §3: two sides that hear everything the other says agree on who watches whom', () => {
  const said = fc.record({ type: fc.constantFrom(...TYPES), byUser: fc.boolean() });
  fc.assert(
    fc.property(fc.array(said), (steps) => {
      const sides = [strangers, strangers];
      const hear = (side: number, type: SubscriptionRequest) => {
        const inbound = hearFrom(sides[side]!, type);
        sides[side] = inbound.next;
        if (inbound.answer !== undefined) hear(1 - side, inbound.answer);
      };
      for (const { type, byUser } of steps) {
        const side = byUser ? 0 : 1;
        const outbound = sayTo(sides[side]!, type);
        sides[side] = outbound.next;
        if (outbound.route) hear(1 - side, type);
      }
      const [user, contact] = sides as [Standing, Standing];
      const mirrored = { none: 'none', to: 'from', from: 'to', both: 'both' } as const;
      assert.equal(contact.subscription, mirrored[user.subscription]);
      assert.equal(user.pendingOut, contact.pendingIn);
      assert.equal(user.pendingIn, contact.pendingOut);
    }),
  );
});

function same(a: Omit<Standing, 'approved'>, b: Omit<Standing, 'approved'>): boolean {
  return a.subscription === b.subscription && a.pendingOut === b.pendingOut && a.pendingIn === b.pendingIn;
}
