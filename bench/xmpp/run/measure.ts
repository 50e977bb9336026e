/** One call of the load tool on a server that runs. */
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { launch, tail } from '../../lib/process.ts';
import { failed, type Result } from '../../lib/report.ts';
import { DOMAIN, type RunningServer } from '../peers/server.ts';

const TOOL = join(import.meta.dirname, '../bench.ts');

/** No measurement takes this long; a server that hangs must not hang the run. */
const LIMIT_MS = 20 * 60_000;

/** Against all servers, so that none wins by a mechanism. */
const MECHANISM = 'SCRAM-SHA-1';

export interface Measurement {
  scenario: string;
  args: readonly string[];
  server: RunningServer;
  label: string;
  nice: number;
  /** For the tool's own files. */
  folder: string;
}

/** @returns the result; one that holds nothing but a failure where the tool did not finish */
export async function measure({ scenario, args, server, label, nice, folder }: Measurement): Promise<Result> {
  const json = join(folder, 'result.json');
  const log = join(folder, 'tool.log');
  for (const file of [json, log]) rmSync(file, { force: true });
  const target = ['--port', String(server.port), '--domain', DOMAIN, '--server-pids', String(server.pid)];
  const common = ['--auth', MECHANISM, '--label', label, '--json', json];
  const child = launch(process.execPath, [TOOL, scenario, ...target, ...common, ...args], { log, nice });
  const timer = setTimeout(() => child.kill('SIGKILL'), LIMIT_MS);
  await new Promise((resolve) => child.once('exit', resolve).once('error', resolve));
  clearTimeout(timer);
  try {
    return JSON.parse(readFileSync(json, 'utf8')) as Result;
  } catch {
    return failed(label, scenario, tail(log));
  }
}
