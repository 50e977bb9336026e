/**
 * npm test: types, lint and format, the tests beside the code and in test/, then real clients.
 *
 *     npm test -- --only unit          one part: types, lint, unit, clients
 *     npm test -- src/base xep-0191    the test files whose path holds one of these words
 */
import { spawn } from 'node:child_process';
import { globSync } from 'node:fs';
import { join } from 'node:path';
import { run } from 'node:test';
import { parseArgs } from 'node:util';
import { TestReport } from './test-report.ts';

const ROOT = join(import.meta.dirname, '..');
const PARTS = ['types', 'lint', 'unit', 'clients'] as const;
const CONCURRENCY = 2;
/** A test that takes longer hangs; the runner ends it and says so. */
const TIMEOUT_MS = 10 * 60_000;

type Part = (typeof PARTS)[number];

const report = new TestReport(ROOT);
const { parts, words } = readArguments();
process.chdir(ROOT);

const isClients = (file: string) => file.startsWith('test/clients/');
const files = globSync(['src/**/*.test.ts', 'test/**/*.test.ts', 'tools/**/*.test.ts', 'bench/**/*.test.ts'])
  .filter((file) => words.length === 0 || words.some((word) => file.includes(word)))
  .sort();

if (parts.includes('types')) await runTool('Types', 'tsc', '--project', ROOT);
if (parts.includes('lint')) await runTool('Lint and format', 'biome', 'check', '--no-errors-on-unmatched');
if (parts.includes('unit'))
  await runTests(
    'Tests',
    files.filter((file) => !isClients(file)),
    CONCURRENCY,
  );
// One after the other: the clients share the machine's terminal, bus and patience.
if (parts.includes('clients')) await runTests('Real clients', files.filter(isClients), 1);

report.end();
process.exitCode = report.failed > 0 || report.passed === 0 ? 1 : 0;

function readArguments(): { parts: Part[]; words: string[] } {
  const { values, positionals } = parseArgs({
    options: { only: { type: 'string', multiple: true }, help: { type: 'boolean' } },
    allowPositionals: true,
  });
  const only = values.only?.flatMap((value) => value.split(','));
  const wrong = only?.find((value) => !PARTS.includes(value as Part));
  if (values.help || wrong !== undefined) {
    process.stderr.write(`npm test -- [--only ${PARTS.join('|')}] [part of a test file's path ...]\n`);
    process.exit(wrong === undefined ? 0 : 2);
  }
  const all: readonly Part[] = positionals.length > 0 ? ['unit', 'clients'] : PARTS;
  return { parts: all.filter((part) => only === undefined || only.includes(part)), words: positionals };
}

/** A tool of node_modules counts as one test. */
async function runTool(title: string, tool: string, ...args: string[]): Promise<void> {
  report.heading(title);
  const child = spawn(join(ROOT, 'node_modules/.bin', tool), args, { stdio: 'inherit' });
  const code = await new Promise((resolve) => {
    child.once('exit', resolve);
    child.once('error', resolve);
  });
  report.tool(tool, code === 0);
}

async function runTests(title: string, chosen: string[], concurrency: number): Promise<void> {
  if (chosen.length === 0) return;
  report.heading(title);
  const events = run({ files: chosen.map((file) => join(ROOT, file)), concurrency, timeout: TIMEOUT_MS });
  for await (const event of events) report.take(event);
}
