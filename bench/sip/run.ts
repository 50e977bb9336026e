/** The whole SIP benchmark: our server beside Kamailio, in one run, and its part of the page. See README.md. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { installMissing, packageVersion } from '../lib/debian.ts';
import { describeMachine, isInMemory } from '../lib/machine.ts';
import { markersOf, renderRun, writePage } from '../lib/page.ts';
import { killAll } from '../lib/process.ts';
import { profileSummary } from '../lib/profile.ts';
import { Results, type RunFacts } from '../lib/results.ts';
import { kamailio } from './peers/kamailio.ts';
import { rollcall } from './peers/rollcall.ts';
import type { Server } from './peers/server.ts';
import { Course } from './run/course.ts';
import { parseRunOptions, RUN_USAGE, type RunOptions } from './run/options.ts';
import { cells, LOADS } from './run/plan.ts';

const SERVERS: readonly Server[] = [rollcall, kamailio];
const MARKERS = markersOf('npm run bench:sip');

/** Exit codes: 0 all verified; 1 something failed, was lost, doubled or re-sent; 2 bad usage. */
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
  const measured = cells(LOADS, options.sizes, facts.servers).filter((cell) => results.of(cell.id).size > 0);
  const made = renderRun(measured, results, facts);
  console.log(`\n${made}`);
  if (options.page !== undefined) writePage(options.page, made, MARKERS);
  if (options.profile) console.log(profileSummary(join(options.out as string, 'profiles')));
  return results.all().every((result) => result.failures.length === 0) ? 0 : 1;
}

async function measureAll(options: RunOptions): Promise<{ results: Results; facts: RunFacts }> {
  if (availableParallelism() < 2) throw new Error('the server and the load tool need a processor each');
  const servers = SERVERS.filter((server) => options.servers.includes(server.name));
  installMissing(['sip-tester', ...servers.flatMap((server) => server.packages)]);
  const work = mkdtempSync(join(isInMemory(tmpdir()) ? '/var/tmp' : tmpdir(), 'rollcall-sip-bench-'));
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

function factsOf({ sizes, rounds, profile }: RunOptions, servers: readonly Server[], work: string): RunFacts {
  return {
    at: new Date().toISOString(),
    servers: servers.map((server) => server.name),
    rounds,
    quick: sizes.seconds < 2 || profile,
    key: '',
    facts: {
      ...Object.fromEntries(servers.map((server) => [server.name, server.version()])),
      ...describeMachine(work).facts,
      'SIP load': `SIPp ${packageVersion('sip-tester')}; UDP on 127.0.0.1`,
      processors: 'the server has one, the load tool another',
      authentication: 'digest with MD5 on every request, passwords of all users known beforehand',
      users: String(sizes.users),
    },
  };
}

main(process.argv.slice(2)).then(
  (code) => process.exit(code),
  (error: unknown) => {
    console.error(error instanceof Error ? `FAILED: ${error.message}` : error);
    process.exit(1);
  },
);
