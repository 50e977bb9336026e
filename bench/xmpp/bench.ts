/** One scenario of the load benchmark against one XMPP server, whichever it is. See README.md. */
import { writeFileSync } from 'node:fs';
import { calibrate } from '../lib/calibrate.ts';
import { requireProcesses } from '../lib/procfs.ts';
import { printResult } from '../lib/report.ts';
import { parseOptions, USAGE } from './lib/options.ts';
import { acked } from './scenarios/acked.ts';
import type { Scenario } from './scenarios/common.ts';
import { idle } from './scenarios/idle.ts';
import { login } from './scenarios/login.ts';
import { archive, message } from './scenarios/message.ts';
import { muc } from './scenarios/muc.ts';
import { offline } from './scenarios/offline.ts';
import { contacts, presence } from './scenarios/presence.ts';
import { register } from './scenarios/register.ts';

const SCENARIOS = new Map<string, Scenario>(
  Object.entries({ register, login, idle, message, archive, acked, offline, contacts, presence, muc }),
);

/** Exit codes: 0 all verified; 1 the run failed or lost or duplicated something; 2 bad usage. */
async function main(argv: string[]): Promise<number> {
  if (argv.includes('--help') || argv.length === 0) {
    console.log(USAGE);
    return argv.length === 0 ? 2 : 0;
  }
  const { options, scenario } = understand(argv);
  const before = calibrate();
  const result = await scenario(options);
  result.metrics['calibration ms'] = (before + calibrate()) / 2;
  if (options.serverPids.length === 0)
    result.warnings.push('no --server-pids: the server CPU and memory figures mean nothing');
  printResult(result);
  if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(result, null, 2)}\n`);
  return result.failures.length === 0 ? 0 : 1;
}

class UsageError extends Error {}

function understand(argv: string[]): { options: ReturnType<typeof parseOptions>; scenario: Scenario } {
  try {
    const options = parseOptions(argv);
    const scenario = SCENARIOS.get(options.scenario);
    if (scenario === undefined) throw new Error(`no scenario ${options.scenario}`);
    requireProcesses(options.serverPids);
    return { options, scenario };
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

main(process.argv.slice(2)).then(
  (code) => process.exit(code),
  (error: unknown) => {
    if (error instanceof UsageError) {
      console.error(`${error.message}\n\n${USAGE}`);
      process.exit(2);
    }
    console.error(error instanceof Error ? `FAILED: ${error.message}` : error);
    process.exit(1);
  },
);
