/** One call of the load tool on a server that runs. */
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { launch, tail } from '../../lib/process.ts';
import { failed, type Result } from '../../lib/report.ts';
import { DOMAIN, onProcessor, PASSWORD, type RunningServer } from '../peers/server.ts';
import type { Cell } from './plan.ts';

const TOOL = join(import.meta.dirname, '../bench.ts');

/** No measurement takes this long; a server that hangs must not hang the run. */
const LIMIT_MS = 20 * 60_000;

export interface Measurement {
  cell: Cell;
  /** More arguments of the tool. */
  args: readonly string[];
  users: number;
  server: RunningServer;
  label: string;
  /** The processor of the tool and of what it starts. */
  processor: number;
  /** For the tool's own files. */
  folder: string;
}

/** @returns the result; one that holds nothing but a failure where the tool did not finish */
export async function measure(measurement: Measurement): Promise<Result> {
  const { cell, args, users, server, label, processor, folder } = measurement;
  const json = join(folder, 'result.json');
  const log = join(folder, 'tool.log');
  for (const file of [json, log]) rmSync(file, { force: true });
  const target = ['--port', String(server.port), '--domain', DOMAIN, '--server-pids', String(server.pid)];
  const people = ['--users', String(users), '--password', PASSWORD];
  const common = ['--metrics', server.metrics, '--label', label, '--json', json];
  const [command, all] = onProcessor(processor, process.execPath, [
    ...[TOOL, cell.load, ...target, ...people, ...common],
    ...[...cell.args, ...args],
  ]);
  const child = launch(command, all, { log });
  const timer = setTimeout(() => child.kill('SIGKILL'), LIMIT_MS);
  await new Promise((resolve) => child.once('exit', resolve).once('error', resolve));
  clearTimeout(timer);
  try {
    return JSON.parse(readFileSync(json, 'utf8')) as Result;
  } catch {
    return failed(label, cell.load, tail(log));
  }
}
