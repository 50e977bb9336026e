/** What V8's CPU profiles say: where the time was spent, by function and by file. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

interface CpuProfile {
  nodes: { id: number; callFrame: { functionName: string; url: string; lineNumber: number } }[];
  samples: number[];
  /** Microseconds before each sample. */
  timeDeltas: number[];
}

/** Not work: V8's names for waiting and for the sampler itself. */
const NO_WORK = new Set(['(idle)', '(program)', '(root)']);
const SHOWN = 15;

/** Of each cell's profiles (a folder each, a file for each thread), the functions that took most, themselves. */
export function profileSummary(folder: string): string {
  const lines: string[] = [];
  for (const cell of readdirSync(folder).sort()) {
    const spent = new Map<string, number>();
    for (const file of readdirSync(join(folder, cell)).filter((name) => name.endsWith('.cpuprofile'))) {
      add(spent, JSON.parse(readFileSync(join(folder, cell, file), 'utf8')) as CpuProfile);
    }
    const total = [...spent.values()].reduce((sum, micros) => sum + micros, 0);
    lines.push('', `profile of ${cell}: ${Math.round(total / 1000)} ms of work`);
    const most = [...spent].sort((a, b) => b[1] - a[1]).slice(0, SHOWN);
    for (const [name, micros] of most) lines.push(`  ${((micros / total) * 100).toFixed(1).padStart(5)} %  ${name}`);
  }
  return lines.join('\n');
}

/** Adds a profile's own time by function; the kernel's and OpenSSL's stand with the function that called them. */
export function add(spent: Map<string, number>, profile: CpuProfile): void {
  const names = new Map(profile.nodes.map(({ id, callFrame }) => [id, nameOf(callFrame)]));
  profile.samples.forEach((id, i) => {
    const name = names.get(id) ?? '(unknown)';
    if (NO_WORK.has(name)) return;
    spent.set(name, (spent.get(name) ?? 0) + (profile.timeDeltas[i] ?? 0));
  });
}

function nameOf({ functionName, url, lineNumber }: CpuProfile['nodes'][number]['callFrame']): string {
  if (url === '') return functionName;
  const path = url.startsWith('file:') ? fileURLToPath(url).replace(/^.*\/(?=(src|node_modules)\/)/, '') : url;
  return `${functionName === '' ? '(anonymous)' : functionName} ${path}:${lineNumber + 1}`;
}
