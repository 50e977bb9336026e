/** The command line of a whole run. */
import { parseArgs } from 'node:util';
import { FULL, LOADS, QUICK, type Sizes } from './plan.ts';

export interface RunOptions {
  servers: string[];
  loads: string[];
  rounds: number;
  sizes: Sizes;
  /** Where results are kept; undefined to forget them. */
  out: string | undefined;
  /** Results of an earlier run, to be shown again. */
  from: string | undefined;
  /** The page to be written; undefined for none. */
  page: string | undefined;
  profile: boolean;
}

export const PAGE = 'docs/performance.md';

export const RUN_USAGE = `usage: npm run bench:sip -- [options]

Measures Rollcall beside Kamailio, each pinned to one processor and the load tool to another, round by round in
turn, and writes its part of ${PAGE}. Needs Linux, two processors, and Debian's sip-tester and kamailio; as
root it installs what is missing.

  --rounds N        how often each load is measured; the tables have the median (3)
  --only NAMES      only these loads, joined by commas, out of ${LOADS.join(', ')}
  --servers NAMES   (rollcall,kamailio)
  --quick           few users, short loads, one round: to see that it works, not to compare
  --seconds S       of each load at a fixed rate (${FULL.seconds})
  --out DIR         keep the results of each measurement there, as JSON, and the servers' logs
  --from DIR        measure nothing: show the results kept there
  --page FILE       write the page there, whatever was measured; without it, ${PAGE} is
                    written by a whole run only (not with --quick, --only, --servers, --profile)
  --profile         Rollcall alone, with a CPU profile of each load, kept in DIR of --out; the figures are
                    higher for it
  --help

Exits with 0 when all was verified, 1 when something failed or was lost, doubled or re-sent, 2 on bad usage.
A target missed is told, and no failure.
`;

/** @throws an Error that says what is wrong with the command line */
export function parseRunOptions(argv: readonly string[], servers: readonly string[]): RunOptions {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      rounds: { type: 'string' },
      only: { type: 'string' },
      servers: { type: 'string' },
      quick: { type: 'boolean', default: false },
      seconds: { type: 'string' },
      out: { type: 'string' },
      from: { type: 'string' },
      page: { type: 'string' },
      profile: { type: 'boolean', default: false },
    },
  });
  const { profile, quick, out, from } = values;
  if (profile && (out === undefined || values.servers !== undefined))
    throw new Error('--profile is for rollcall alone, and needs --out for the profiles');
  const whole = !quick && !profile && values.only === undefined && values.servers === undefined && from === undefined;
  const base = quick ? QUICK : FULL;
  return {
    servers: profile ? ['rollcall'] : names('servers', values.servers, servers),
    loads: names('only', values.only, LOADS),
    rounds: integer(values.rounds, 'rounds', quick || profile ? 1 : 3),
    sizes: { ...base, seconds: integer(values.seconds, 'seconds', base.seconds) },
    out,
    from,
    page: values.page ?? (whole ? PAGE : undefined),
    profile,
  };
}

function names(option: string, text: string | undefined, known: readonly string[]): string[] {
  if (text === undefined) return [...known];
  const list = text.split(/[\s,]+/).filter((name) => name !== '');
  const unknown = list.find((name) => !known.includes(name));
  if (unknown !== undefined) throw new Error(`--${option} ${unknown}: out of ${known.join(', ')}`);
  if (list.length === 0) throw new Error(`--${option} names nothing`);
  return list;
}

function integer(text: string | undefined, option: string, initial: number): number {
  if (text === undefined) return initial;
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new Error(`--${option} ${text}: a whole number from 1`);
  return value;
}
