/** The command line of a whole run. */
import { parseArgs } from 'node:util';
import type { KeyKind } from '../peers/certificate.ts';
import { DEFAULT_SCENARIOS, FULL, QUICK, SCENARIOS, type Sizes } from './plan.ts';

export interface RunOptions {
  servers: string[];
  scenarios: string[];
  rounds: number;
  sizes: Sizes;
  key: KeyKind;
  nice: number;
  /** Where results are kept; undefined to forget them. */
  out: string | undefined;
  /** Results of an earlier run, to be shown again. */
  from: string | undefined;
  /** The page to be written; undefined for none. */
  page: string | undefined;
  profile: boolean;
}

export const PAGE = 'docs/performance.md';

export const RUN_USAGE = `usage: npm run bench -- [options]

Measures Rollcall beside its peers, round by round in turn, and writes ${PAGE}.
Needs Linux and Debian's packages of the peers; as root it installs those that are missing.

  --rounds N        how often each flow is measured; the tables have the median (3)
  --only NAMES      only these scenarios, joined by commas
                    out of ${SCENARIOS.join(', ')}
                    (all but muc and sqlite)
  --servers NAMES   (rollcall,prosody-tuned,ejabberd); there is prosody, as it comes, too
  --quick           few users, short flows, one round: to see that it works, not to compare
  --duration S      measured time of each flow (5)
  --idle-users N    (5000)
  --key ec|rsa      the kind of key that all servers get: P-256 or RSA 2048 (ec)
  --nice N          added to the priority of servers and load tool; below 0 takes root (0)
  --out DIR         keep the results of each measurement there, as JSON, and the servers' logs
  --from DIR        measure nothing: show the results kept there
  --page FILE       write the page there, whatever was measured; without it, ${PAGE} is
                    written by a whole run only (not with --quick, --only, --servers, --profile)
  --profile         Rollcall alone, each scenario on a fresh start with a CPU profile of it, kept in
                    DIR of --out; the figures are slower for it
  --help

Exits with 0 when every delivery was verified, 1 when something failed or was lost, 2 on bad usage.
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
      duration: { type: 'string' },
      'idle-users': { type: 'string' },
      key: { type: 'string', default: 'ec' },
      nice: { type: 'string', default: '0' },
      out: { type: 'string' },
      from: { type: 'string' },
      page: { type: 'string' },
      profile: { type: 'boolean', default: false },
    },
  });
  const { key, profile, quick, out, from } = values;
  if (key !== 'ec' && key !== 'rsa') throw new Error(`--key ${key}: ec or rsa`);
  if (profile && (out === undefined || values.servers !== undefined))
    throw new Error('--profile is for rollcall alone, and needs --out for the profiles');
  const base = quick ? QUICK : FULL;
  const whole = !quick && !profile && values.only === undefined && values.servers === undefined && from === undefined;
  return {
    servers: profile
      ? ['rollcall']
      : names('servers', values.servers, servers, ['rollcall', 'prosody-tuned', 'ejabberd']),
    scenarios: names('only', values.only, SCENARIOS, DEFAULT_SCENARIOS),
    rounds: integer(values.rounds, 'rounds', quick || profile ? 1 : 3, 1),
    sizes: {
      ...base,
      durationSeconds: integer(values.duration, 'duration', base.durationSeconds, 1),
      idleUsers: integer(values['idle-users'], 'idle-users', base.idleUsers, 1),
    },
    key,
    nice: integer(values.nice, 'nice', 0, -20),
    out,
    from,
    page: values.page ?? (whole ? PAGE : undefined),
    profile,
  };
}

function names(option: string, text: string | undefined, known: readonly string[], initial: string[]): string[] {
  if (text === undefined) return initial;
  const list = text.split(/[\s,]+/).filter((name) => name !== '');
  const unknown = list.find((name) => !known.includes(name));
  if (unknown !== undefined) throw new Error(`--${option} ${unknown}: out of ${known.join(', ')}`);
  if (list.length === 0) throw new Error(`--${option} names nothing`);
  return list;
}

function integer(text: string | undefined, option: string, initial: number, least: number): number {
  if (text === undefined) return initial;
  const value = Number(text);
  if (!Number.isInteger(value) || value < least) throw new Error(`--${option} ${text}: a whole number from ${least}`);
  return value;
}
