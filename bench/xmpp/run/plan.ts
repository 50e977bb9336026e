/** What a run measures, and which figures it is judged by. Pure. */

import type { Cell as Measured } from '../../lib/figure.ts';

/** How the server is set up: without an archive, with it, or just started with nobody on it. */
export type Setup = 'plain' | 'archive' | 'sqlite' | 'idle' | 'start';

/** One call of the load tool on one server. */
export interface Cell extends Measured {
  scenario: string;
  setup: Setup;
  /** The load tool's arguments. */
  args: readonly string[];
}

export interface Sizes {
  loginUsers: number;
  chatUsers: number;
  presenceUsers: number;
  idleUsers: number;
  warmupSeconds: number;
  durationSeconds: number;
  /** Messages that wait for each user who is away. */
  stored: number;
  idleSettleSeconds: number;
}

export const FULL: Sizes = {
  loginUsers: 1000,
  chatUsers: 200,
  presenceUsers: 51,
  idleUsers: 5000,
  warmupSeconds: 2,
  durationSeconds: 5,
  stored: 50,
  idleSettleSeconds: 5,
};

/** To see that all works; the figures mean little. */
export const QUICK: Sizes = {
  loginUsers: 60,
  chatUsers: 20,
  presenceUsers: 51,
  idleUsers: 100,
  warmupSeconds: 0.5,
  durationSeconds: 1,
  stored: 20,
  idleSettleSeconds: 1,
};

/** In the order in which they are measured and shown. `muc` and `sqlite` are measured on demand. */
export const SCENARIOS = [
  'start',
  'idle',
  'login',
  'message',
  'presence',
  'muc',
  'archive',
  'acked',
  'offline',
  'sqlite',
];
export const DEFAULT_SCENARIOS = SCENARIOS.filter((name) => name !== 'muc' && name !== 'sqlite');

const LOGIN = 'server CPU ms/login';
const MESSAGE = 'server CPU us/message';
const DELIVERY = 'server CPU us/delivery';
/** Those of `presence` are users of their own, so that nobody else has contacts to be told of at log-in. */
export const CONTACT_PREFIX = 'contact';

const P99 = 'latency p99 ms';

/** Every cell of the scenarios named. */
export function cells(scenarios: readonly string[], sizes: Sizes): Cell[] {
  const flow = ['--warmup', String(sizes.warmupSeconds), '--duration', String(sizes.durationSeconds)];
  const chat = ['--users', String(sizes.chatUsers), ...flow];
  const both = (make: (tls: string, title: string) => Cell[]): Cell[] => [
    ...make('none', 'plain'),
    ...make('starttls', 'TLS'),
  ];
  const all: Cell[] = [
    {
      id: 'start',
      title: 'process, nobody signed in',
      scenario: 'start',
      setup: 'start',
      args: [],
      figures: [
        { metric: 'first start ms' },
        { metric: 'next start ms', target: { atMost: 2000, of: 'absolute' } },
        { metric: 'RSS MB', target: { atMost: 120, of: 'absolute' } },
      ],
    },
    ...both((tls, title) => [
      {
        id: `idle-${tls}`,
        title: `idle session, ${title}`,
        scenario: 'idle',
        setup: 'idle',
        args: ['--tls', tls, '--users', String(sizes.idleUsers), '--settle', String(sizes.idleSettleSeconds)],
        figures: [
          tls === 'none'
            ? { metric: 'RSS KiB/session' }
            : { metric: 'RSS KiB/session', target: { atMost: 61, of: 'absolute' } },
        ],
      },
    ]),
    ...both((tls, title) => [
      {
        id: `login-${tls}`,
        title: `log-in, ${title}`,
        scenario: 'login',
        setup: 'plain',
        args: ['--tls', tls, '--users', String(sizes.loginUsers)],
        figures: [tls === 'none' ? { metric: LOGIN } : { metric: LOGIN, target: { atMost: 0.7, of: 'better' } }],
      },
    ]),
    ...both((tls, title) => [
      ...[1, 10].map(
        (window): Cell => ({
          id: `message-w${window}-${tls}`,
          title: `message, ${title}, window ${window}`,
          scenario: 'message',
          setup: 'plain',
          args: ['--tls', tls, ...chat, '--window', String(window)],
          figures: [{ metric: MESSAGE, target: { atMost: tls === 'none' ? 0.45 : 0.55, of: 'better' } }],
        }),
      ),
      {
        id: `message-r1000-${tls}`,
        title: `message, ${title}, 1,000/s open loop`,
        scenario: 'message',
        setup: 'plain',
        args: ['--tls', tls, ...chat, '--rate', '1000'],
        figures: [{ metric: P99, target: { atMost: 1, of: 'ejabberd' } }, { metric: MESSAGE }],
      },
    ]),
    ...both((tls, title) => [
      {
        id: `presence-${tls}`,
        title: `presence to 50 contacts, ${title}`,
        scenario: 'presence',
        setup: 'plain',
        args: ['--tls', tls, '--user-prefix', CONTACT_PREFIX, '--users', String(sizes.presenceUsers), ...flow],
        figures: [{ metric: DELIVERY, target: { atMost: 0.5, of: 'better' } }],
      },
    ]),
    ...both((tls, title) => [
      {
        id: `muc-${tls}`,
        title: `room of 50, ${title}`,
        scenario: 'muc',
        setup: 'plain',
        args: ['--tls', tls, ...flow],
        figures: [{ metric: DELIVERY }],
      },
    ]),
    {
      id: 'archive',
      title: "archived message, plain, each in the server's own store",
      scenario: 'archive',
      setup: 'archive',
      args: chat,
      figures: [{ metric: MESSAGE, target: { atMost: 0.25, of: 'better' } }],
    },
    {
      id: 'acked',
      title: 'acknowledged message (XEP-0198), archive on, plain, window 1',
      scenario: 'acked',
      setup: 'archive',
      args: chat,
      figures: [{ metric: MESSAGE }],
    },
    {
      id: 'acked-r1000',
      title: 'acknowledged message (XEP-0198), archive on, plain, 1,000/s open loop',
      scenario: 'acked',
      setup: 'archive',
      args: [...chat, '--rate', '1000'],
      figures: [{ metric: 'latency p50 ms' }, { metric: P99 }],
    },
    {
      id: 'offline',
      title: 'message stored for an absent user, then delivered',
      scenario: 'offline',
      setup: 'archive',
      args: ['--users', String(sizes.chatUsers), '--stored', String(sizes.stored)],
      figures: [{ metric: MESSAGE }],
    },
    {
      id: 'sqlite',
      title: 'archived message, plain, the peers on synced SQLite',
      scenario: 'archive',
      setup: 'sqlite',
      args: chat,
      figures: [{ metric: MESSAGE }],
    },
  ];
  return all.filter((cell) => scenarios.includes(cell.setup === 'sqlite' ? 'sqlite' : cell.scenario));
}
