/** Our own server, as every benchmark starts it: the command that anyone starts. */
import { execFileSync } from 'node:child_process';
import { readFileSync, readlinkSync } from 'node:fs';
import { basename, join } from 'node:path';

const ROOT = join(import.meta.dirname, '../..');

export const ROLLCALL = join(ROOT, 'bin/rollcall');

/** Were it a shell with the server below it, the process that is measured and stopped would be the wrong one. */
export function requireNode(pid: number): void {
  const program = basename(readlinkSync(`/proc/${pid}/exe`));
  if (program !== 'node') throw new Error(`bin/rollcall became ${program} and not node: it must exec`);
}

/** The release, the commit, and whether files differ from it. */
export function rollcallVersion(): string {
  const { version: release } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string };
  try {
    const args = ['-C', ROOT, 'describe', '--always', '--dirty=, with changes', '--exclude=*'];
    const commit = execFileSync('git', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
    return `Rollcall ${release} (${commit}), Node ${process.versions.node}`;
  } catch {
    return `Rollcall ${release}, Node ${process.versions.node}`;
  }
}
