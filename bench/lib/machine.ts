/** What the figures were measured on. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cpus, release, totalmem } from 'node:os';

export interface Machine {
  /** A fact and its value, as the page shows them. */
  facts: Record<string, string>;
}

/** @param folder where the servers' data are kept */
export function describeMachine(folder: string): Machine {
  const processors = cpus();
  return {
    facts: {
      processor: `${processors.length} x ${processors[0]?.model.trim() ?? 'unknown'}`,
      memory: `${Math.round(totalmem() / 2 ** 30)} GiB`,
      system: `${distribution()}, Linux ${release()}`,
      'file system of the data': fileSystem(folder),
      'load tool': `Node ${process.versions.node}, one process, on the same machine by 127.0.0.1`,
    },
  };
}

/** Memory file systems make every fsync free, which would flatter whoever calls it. */
export function isInMemory(folder: string): boolean {
  return ['tmpfs', 'ramfs'].includes(fileSystem(folder));
}

function fileSystem(folder: string): string {
  return execFileSync('findmnt', ['-n', '-o', 'FSTYPE', '--target', folder], { encoding: 'utf8' }).trim();
}

function distribution(): string {
  try {
    return /^PRETTY_NAME="?(.*?)"?$/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1] ?? 'Linux';
  } catch {
    return 'an unknown distribution';
  }
}
