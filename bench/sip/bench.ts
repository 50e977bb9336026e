/** One load of the SIP benchmark against one server, whichever it is. See README.md. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { calibrate } from '../lib/calibrate.ts';
import { requireProcesses } from '../lib/procfs.ts';
import { printResult } from '../lib/report.ts';
import { type Options, parseOptions, USAGE } from './lib/options.ts';
import { message, publish, register } from './loads/calls.ts';
import { fanout } from './loads/fanout.ts';
import type { Load } from './loads/load.ts';
import { subscriptions } from './loads/subscriptions.ts';

const LOADS = new Map<string, Load>(Object.entries({ register, publish, message, fanout, subscriptions }));

/** Exit codes: 0 all verified; 1 the run failed or lost, doubled or re-sent something; 2 bad usage. */
async function main(argv: readonly string[]): Promise<number> {
  if (argv.includes('--help') || argv.length === 0) {
    console.log(USAGE);
    return argv.length === 0 ? 2 : 0;
  }
  let understood: { options: Options; load: Load };
  try {
    understood = understand(argv);
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${USAGE}`);
    return 2;
  }
  const { options, load } = understood;
  const folder = mkdtempSync(join(tmpdir(), 'rollcall-sip-bench-tool-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  const before = calibrate();
  const result = await load(options, folder);
  result.metrics['calibration ms'] = (before + calibrate()) / 2;
  if (options.serverPids.length === 0)
    result.warnings.push('no --server-pids: the server CPU and memory figures mean nothing');
  printResult(result);
  if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(result, null, 2)}\n`);
  return result.failures.length === 0 ? 0 : 1;
}

function understand(argv: readonly string[]): { options: Options; load: Load } {
  const options = parseOptions(argv);
  const load = LOADS.get(options.load);
  if (load === undefined) throw new Error(`no load ${options.load}`);
  requireProcesses(options.serverPids);
  return { options, load };
}

main(process.argv.slice(2)).then(
  (code) => process.exit(code),
  (error: unknown) => {
    console.error(error instanceof Error ? `FAILED: ${error.message}` : error);
    process.exit(1);
  },
);
