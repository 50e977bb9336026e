/** What Linux tells in /proc and /etc, read from the text of its files (proc(5), resolv.conf(5)). Pure. */

/** Shares of the time that went by, of 1. */
export interface CpuShares {
  idle: number;
  system: number;
  user: number;
  ioWait: number;
  irq: number;
  softIrq: number;
}

/** Jiffies of all processors, by kind, from the first line of /proc/stat: user nice system idle iowait irq softirq ... */
export function readCpuTimes(text: string): number[] {
  return (/^cpu\s+(.*)$/m.exec(text)?.[1] ?? '').split(/\s+/).map(Number);
}

export function cpuShares(before: readonly number[], after: readonly number[]): CpuShares {
  const spent = Array.from({ length: 7 }, (_, i) => Math.max(0, (after[i] ?? 0) - (before[i] ?? 0)));
  const total = spent.reduce((sum, one) => sum + one, 0) || 1;
  const [user = 0, nice = 0, system = 0, idle = 0, ioWait = 0, irq = 0, softIrq = 0] = spent.map((one) => one / total);
  return { idle, system, user: user + nice, ioWait, irq, softIrq };
}

export interface Memory {
  totalKiB: number;
  freeKiB: number;
  cachedKiB: number;
  sharedKiB: number;
  buffersKiB: number;
}

export function readMemory(text: string): Memory {
  const of = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(text)?.[1] ?? 0);
  return {
    totalKiB: of('MemTotal'),
    freeKiB: of('MemFree'),
    cachedKiB: of('Cached'),
    sharedKiB: of('Shmem'),
    buffersKiB: of('Buffers'),
  };
}

export interface DnsClient {
  servers: string[];
  /** What is tried behind a short name. */
  search: string[];
  options: string[];
}

export function readResolverFile(text: string): DnsClient {
  const words = (keyword: string) =>
    [...text.matchAll(new RegExp(`^${keyword}\\s+(.*)$`, 'gm'))].flatMap(([, rest]) => rest!.trim().split(/\s+/));
  return { servers: words('nameserver'), search: [...words('domain'), ...words('search')], options: words('options') };
}

/** The default gateway of /proc/net/route, and the interface that it is reached by. */
export function readGateway(text: string): { address: string; interface: string } | undefined {
  for (const line of text.split('\n').slice(1)) {
    const [name, destination, gateway] = line.trim().split(/\s+/);
    if (destination === '00000000' && gateway !== undefined && gateway !== '00000000') {
      // Four bytes as this machine has numbers, the last byte of the address first.
      const bytes = gateway.match(/../g)!.reverse();
      return { address: bytes.map((byte) => Number.parseInt(byte, 16)).join('.'), interface: name! };
    }
  }
  return undefined;
}

export interface ProcessStat {
  pid: number;
  name: string;
  state: string;
  threads: number;
  /** Jiffies that it has had of the processors. */
  jiffies: number;
  residentPages: number;
}

/** One line of /proc/PID/stat. The name stands in parentheses and may hold some itself. @returns undefined for no such line */
export function readProcessStat(text: string): ProcessStat | undefined {
  const match = /^(\d+) \((.*)\) (\S) (.*)$/s.exec(text.trim());
  if (match === null) return undefined;
  // Counted from the fourth field of proc(5): utime 14, stime 15, num_threads 20, rss 24.
  const fields = match[4]!.split(' ').map(Number);
  const field = (number: number) => fields[number - 4] ?? 0;
  return {
    pid: Number(match[1]),
    name: match[2]!,
    state: match[3]!,
    threads: field(20),
    jiffies: field(14) + field(15),
    residentPages: field(24),
  };
}
