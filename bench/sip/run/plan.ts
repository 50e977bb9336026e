/** What a run measures, and which figures it is judged by. Pure. */
import type { Cell as Measured, Target } from '../../lib/figure.ts';

/** Whether the servers keep messages; only ours can. */
export type Setup = 'plain' | 'archive';

/** One call of the load tool on one server. */
export interface Cell extends Measured {
  load: string;
  setup: Setup;
  /** The load tool's arguments. */
  args: readonly string[];
  /** The rate is the one that this server was found to reach in that cell; others may fail at it. */
  atHighestOf?: { cell: string; server: string };
  /** Only of this server. */
  only?: string;
  /** The server may use all processors: nothing is compared. */
  unbound?: boolean;
}

export interface Sizes {
  users: number;
  seconds: number;
  /** Calls a second. */
  register: number;
  publish: number;
  message: number;
  subscribe: number;
  fanouts: readonly number[];
  /** In each run of a fan-out. */
  notifications: number;
  /** A search begins at so many times the fixed rate. */
  highestFrom: number;
  highestSeconds: number;
  presentities: number;
  watchersEach: number;
}

export const FULL: Sizes = {
  users: 10_010,
  seconds: 6,
  register: 1000,
  publish: 100,
  message: 500,
  subscribe: 500,
  fanouts: [100, 500, 1000],
  notifications: 60_000,
  highestFrom: 4,
  highestSeconds: 4,
  presentities: 10,
  watchersEach: 10_000,
};

/** To see that all works; the figures mean little. */
export const QUICK: Sizes = {
  users: 400,
  seconds: 1,
  register: 200,
  publish: 20,
  message: 100,
  subscribe: 200,
  fanouts: [100],
  notifications: 2000,
  highestFrom: 1,
  highestSeconds: 1,
  presentities: 2,
  watchersEach: 300,
};

/** In the order in which they are measured and shown. */
export const LOADS = ['register', 'publish', 'message', 'fanout', 'highest', 'archive', 'subscriptions'];

/** Not dearer than the peer. */
const EQUAL: Target = { atMost: 1, of: 'better' };
const CHEAPER: Target = { atMost: 0.6, of: 'better' };
/** The longest that one event may hold up all others. */
const DELAY: Target = { atMost: 50, of: 'absolute' };

const UNITS = { register: 'REGISTER', publish: 'PUBLISH', message: 'MESSAGE' } as const;
type Called = keyof typeof UNITS;
const CALLED = Object.keys(UNITS) as Called[];

/** Every cell of the loads named. */
export function cells(loads: readonly string[], sizes: Sizes, servers: readonly string[]): Cell[] {
  const all = [...CALLED.map((load) => fixed(load, sizes)), ...sizes.fanouts.map((count) => fan(count, sizes))];
  return [
    ...all.filter(({ load }) => loads.includes(load)),
    ...(loads.includes('highest') ? CALLED.flatMap((load) => highestCells(load, sizes, servers)) : []),
    ...(loads.includes('archive') ? [archived(sizes)] : []),
    ...(loads.includes('subscriptions') ? [many(sizes)] : []),
  ];
}

function cpu(load: Called): string {
  return `server CPU us/${UNITS[load]}`;
}

function fixed(load: Called, sizes: Sizes): Cell {
  const operations = sizes[load] * (load === 'publish' ? 4 : 1);
  return {
    id: load,
    title: `${UNITS[load]}, ${operations.toLocaleString('en-US')}/s`,
    load,
    setup: 'plain',
    args: ['--rate', String(sizes[load]), '--seconds', String(sizes.seconds)],
    figures: [{ metric: cpu(load), target: EQUAL }],
  };
}

function fan(count: number, { subscribe, notifications }: Sizes): Cell {
  const publishes = String(Math.round(notifications / count));
  return {
    id: `fanout-${count}`,
    title: `${count.toLocaleString('en-US')} watchers of one presentity`,
    load: 'fanout',
    setup: 'plain',
    args: ['--watchers', String(count), '--publishes', publishes, '--rate', String(subscribe)],
    figures: [
      // With few watchers it is over before the clock of /proc has moved often enough.
      ...(count >= 500 ? [{ metric: 'server CPU us/SUBSCRIBE', target: CHEAPER }] : []),
      { metric: 'server CPU us/NOTIFY', target: CHEAPER },
      { metric: 'PUBLISH to last NOTIFY p95 ms' },
    ],
  };
}

/** The highest clean rate of each server, then all of them at that of each. */
function highestCells(load: Called, sizes: Sizes, servers: readonly string[]): Cell[] {
  const unit = UNITS[load];
  const search: Cell = {
    id: `${load}-highest`,
    title: `${unit}, each at its highest clean rate`,
    load,
    setup: 'plain',
    args: ['--rate', String(sizes[load] * sizes.highestFrom), '--seconds', String(sizes.highestSeconds), '--highest'],
    figures: [{ metric: `${unit}/s` }, { metric: cpu(load) }],
  };
  if (servers.length < 2) return [search];
  const atThatOf = (server: string): Cell => ({
    ...search,
    id: `${load}-at-highest-of-${server}`,
    title: `${unit}, just below the highest clean rate of ${server}`,
    args: ['--seconds', String(sizes.highestSeconds)],
    figures: [{ metric: `${unit}/s offered` }, { metric: cpu(load), target: EQUAL }],
    atHighestOf: { cell: search.id, server },
  });
  return [search, ...servers.map(atThatOf)];
}

function archived(sizes: Sizes): Cell {
  return {
    ...fixed('message', sizes),
    id: 'message-archived',
    title: `MESSAGE, ${sizes.message}/s, kept on disk before it is acknowledged`,
    setup: 'archive',
    figures: [{ metric: cpu('message') }],
    only: 'rollcall',
  };
}

function many({ presentities, watchersEach, subscribe }: Sizes): Cell {
  const total = (presentities * watchersEach).toLocaleString('en-US');
  const shape = ['--presentities', String(presentities), '--watchers', String(watchersEach)];
  return {
    id: 'subscriptions',
    title: `${total} subscriptions, ${watchersEach.toLocaleString('en-US')} watchers of each presentity`,
    load: 'subscriptions',
    setup: 'plain',
    unbound: true,
    args: [...shape, '--publishes', String(presentities * 2), '--rate', String(subscribe * 4)],
    figures: [
      { metric: 'RSS KiB/subscription' },
      { metric: 'PUBLISH to last NOTIFY p50 ms' },
      { metric: 'server CPU us/NOTIFY' },
      { metric: 'longest event loop delay ms, subscribing', target: DELAY },
      { metric: 'longest event loop delay ms, notifying', target: DELAY },
    ],
    only: 'rollcall',
  };
}
