/**
 * npm run torture: kills the server under load and shows whether what it acknowledged was kept.
 * Exit codes: 0 kept; 1 lost or otherwise wrong; 2 the tool was called wrongly or the server does not start.
 */
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type Progress, type TortureReport, torture } from './torture/torture.ts';

const HELP = `npm run torture -- [options]

Starts a server on fresh data, lets several users talk through it, by XMPP and by SIP, kills it (SIGKILL) at random
moments and starts it again. Then every message that was acknowledged to its sender (XEP-0198, or 2xx) must be in both
archives exactly once and must have reached its receiver. Ctrl-C ends the kills and judges what there is; a second Ctrl-C ends at once.

  --kills N       how often to kill it (10)
  --seed N        plays the same plan again (random)
  --users N       how many people talk (5)
  --rate N        messages per second, all people together (300)
  --data keep     keeps the data folder and says where it is; --data DIR uses that one and keeps it
  --json          the report as one JSON object
  --help

ROLLCALL_TEST_PEER=prosody tortures Debian's Prosody instead, which loses: a check of the tool itself.
`;
const SHOWN = 20;

process.exitCode = await main();

async function main(): Promise<number> {
  let options: ReturnType<typeof read>;
  try {
    options = read(process.argv.slice(2));
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\nnpm run torture -- --help tells what there is.\n`);
    return 2;
  }
  if (options.help) {
    process.stdout.write(HELP);
    return 0;
  }
  const stop = new AbortController();
  process.on('SIGINT', () => {
    if (stop.signal.aborted) process.exit(130);
    process.stderr.write('\nNo more kills; looking at what there is. Ctrl-C again ends at once.\n');
    stop.abort();
  });
  const dataDir = options.data === 'keep' ? await mkdtemp(join(tmpdir(), 'rollcall-torture-')) : options.data;
  try {
    const { kills, seed, users, messagesPerSecond } = options;
    const progress = progressLine(process.stderr);
    const report = await torture({
      ...{ kills, seed, users, messagesPerSecond, progress, signal: stop.signal },
      ...(dataDir === undefined ? {} : { dataDir }),
    });
    process.stdout.write(options.json ? `${JSON.stringify({ ...report, dataDir })}\n` : text(report));
    return report.lost.length + report.violations.length > 0 ? 1 : 0;
  } catch (error) {
    process.stderr.write(`\n${(error as Error).message}\n`);
    return 2;
  } finally {
    if (dataDir !== undefined) process.stderr.write(`The data is in ${dataDir}\n`);
  }
}

function read(args: string[]) {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean', default: false } as const;
  const { values } = parseArgs({
    args,
    options: { kills: text, seed: text, users: text, rate: text, data: text, json: flag, help: flag },
  });
  return {
    kills: count('--kills', values.kills ?? '10', 1),
    seed: count('--seed', values.seed ?? `${Math.floor(Math.random() * 1e9)}`, 0),
    users: count('--users', values.users ?? '5', 2),
    messagesPerSecond: count('--rate', values.rate ?? '300', 1),
    data: values.data,
    json: values.json,
    help: values.help,
  };
}

function count(name: string, value: string, least: number): number {
  const number = Number(value);
  if (!Number.isSafeInteger(number) || number < least) {
    throw new Error(`${name} wants a whole number, at least ${least}, not '${value}'`);
  }
  return number;
}

/** One line that is written over on a terminal, a line for each kill elsewhere. */
function progressLine(out: NodeJS.WriteStream): (progress: Progress) => void {
  const startedAt = Date.now();
  return (progress) => {
    const { phase, kill, kills } = progress;
    const perKillMs = kill === 0 ? 0 : (Date.now() - startedAt) / kill;
    const left = kill === 0 ? '' : `, about ${Math.ceil((perKillMs * (kills - kill)) / 1000)} s left`;
    const where = phase === 'killing' ? `kill ${kill} of ${kills}${left}` : 'looking into the archives';
    const line = `${where}: ${figures(progress)}`;
    out.write(out.isTTY ? `\r${line}\x1b[K${phase === 'judging' ? '\n' : ''}` : `${line}\n`);
  };
}

function figures(report: Progress | TortureReport): string {
  const { sent, acknowledged, received, duplicatesAcrossSessions, violations } = report;
  const again = `${duplicatesAcrossSessions} received again by a later session`;
  return `sent ${sent}, acknowledged ${acknowledged}, received ${received}, ${again}, violations ${violations.length}`;
}

function text(report: TortureReport): string {
  const { lost, violations } = report;
  const some = (all: string[]) => [
    ...all.slice(0, SHOWN).map((line) => `  ${line}`),
    ...(all.length > SHOWN ? [`  ... and ${all.length - SHOWN} more`] : []),
  ];
  return `${[
    `${report.server}: ${report.kills} kills in ${Math.round(report.seconds)} s, seed ${report.seed}`,
    `${report.sessions} sessions and ${report.resumptions} resumptions`,
    figures(report),
    `lost ${lost.length}`,
    ...some(lost),
    ...(violations.length > 0 ? [`violations ${violations.length}`, ...some(violations)] : []),
  ].join('\n')}\n`;
}
