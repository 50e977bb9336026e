/** The whole benchmark: our server beside its peers, in one run, and the page about it. See README.md. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { installMissing } from '../lib/debian.ts';
import { describeMachine, isInMemory } from '../lib/machine.ts';
import { markersOf, renderRun, writePage } from '../lib/page.ts';
import { killAll } from '../lib/process.ts';
import { profileSummary } from '../lib/profile.ts';
import { Results, type RunFacts } from '../lib/results.ts';
import { KEY_TITLES } from './peers/certificate.ts';
import { ejabberd } from './peers/ejabberd.ts';
import { prosody, prosodyTuned } from './peers/prosody.ts';
import { rollcall } from './peers/rollcall.ts';
import type { Server } from './peers/server.ts';
import { Course } from './run/course.ts';
import { parseRunOptions, RUN_USAGE, type RunOptions } from './run/options.ts';
import { cells, SCENARIOS } from './run/plan.ts';

const SERVERS: readonly Server[] = [rollcall, prosodyTuned, ejabberd, prosody];

/** Exit codes: 0 all verified; 1 something failed or was lost; 2 bad usage. */
async function main(argv: readonly string[]): Promise<number> {
  if (argv.includes('--help') || argv.includes('-h')) {
    console.log(RUN_USAGE);
    return 0;
  }
  let options: RunOptions;
  try {
    options = parseRunOptions(
      argv,
      SERVERS.map((server) => server.name),
    );
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${RUN_USAGE}`);
    return 2;
  }
  const { results, facts } = options.from === undefined ? await measureAll(options) : Results.load(options.from);
  const measured = cells(SCENARIOS, options.sizes).filter((cell) => results.of(cell.id).size > 0);
  const made = renderRun(measured, results, facts);
  console.log(`\n${made}`);
  if (options.page !== undefined) writePage(options.page, made, markersOf('npm run bench'));
  if (options.profile) console.log(profileSummary(join(options.out as string, 'profiles')));
  return results.all().every((result) => result.failures.length === 0) ? 0 : 1;
}

async function measureAll(options: RunOptions): Promise<{ results: Results; facts: RunFacts }> {
  const servers = SERVERS.filter((server) => options.servers.includes(server.name));
  installMissing(['openssl', ...servers.flatMap((server) => server.packages)]);
  requireOpenFiles(options.scenarios.includes('idle') ? options.sizes.idleUsers : options.sizes.loginUsers);
  const work = mkdtempSync(join(isInMemory(tmpdir()) ? '/var/tmp' : tmpdir(), 'rollcall-xmpp-bench-'));
  const end = (): void => {
    killAll();
    rmSync(work, { recursive: true, force: true, maxRetries: 5 });
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, () => {
      end();
      process.exit(130);
    });
  }
  if (options.out !== undefined) mkdirSync(options.out, { recursive: true });
  const results = new Results(options.out);
  const facts = factsOf(options, servers, work);
  results.keepFacts(facts);
  try {
    await new Course(options, servers, work, results).run();
  } finally {
    end();
  }
  return { results, facts };
}

function factsOf(options: RunOptions, servers: readonly Server[], work: string): RunFacts {
  const { sizes, rounds, key } = options;
  return {
    at: new Date().toISOString(),
    servers: servers.map((server) => server.name),
    rounds,
    quick: sizes.durationSeconds < 2,
    key,
    facts: {
      ...Object.fromEntries(servers.map((server) => [server.name, server.version()])),
      ...describeMachine(work).facts,
      certificate: `${KEY_TITLES[key]}, the same for all; TLS by STARTTLS, no session resumed`,
      SASL: 'SCRAM-SHA-1',
      load:
        `log-in ${sizes.loginUsers} users, idle ${sizes.idleUsers}, messages ${sizes.chatUsers} in pairs with 100 bytes, ` +
        `presence ${sizes.presenceUsers} who are all contacts; ${sizes.warmupSeconds} s of warm-up, ${sizes.durationSeconds} s measured`,
    },
  };
}

/** Each session is an open file, of the server and of the load tool. */
function requireOpenFiles(sessions: number): void {
  const limit = execFileSync('sh', ['-c', 'ulimit -Hn'], { encoding: 'utf8' }).trim();
  if (limit !== 'unlimited' && Number(limit) < sessions + 200)
    throw new Error(
      `${sessions} sessions need as many open files, and the limit is ${limit}: raise it (ulimit -n), or use --idle-users`,
    );
}

main(process.argv.slice(2)).then(
  (code) => process.exit(code),
  (error: unknown) => {
    console.error(error instanceof Error ? `FAILED: ${error.message}` : error);
    process.exit(1);
  },
);
