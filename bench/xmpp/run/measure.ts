/** One call of the load tool on a server that runs. */
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Result } from '../lib/report.ts';
import { launch, tail } from '../peers/process.ts';
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

/** A result without figures. */
export function failed(label: string, scenario: string, failure: string): Result {
  return { ...blank(label, scenario), failures: [failure] };
}

/** A result to be filled in, of something that the load tool has no part in. */
export function blank(label: string, scenario: string): Result {
  return {
    label,
    scenario,
    variant: '',
    tls: 'none',
    at: new Date().toISOString(),
    parameters: {},
    metrics: {},
    usage: { wallMs: 0, serverCpuMs: 0, toolCpuMs: 0, otherCpuMs: 0, serverWrittenBytes: 0 },
    failures: [],
    checks: {},
    warnings: [],
  };
}
