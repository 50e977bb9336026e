/** The machine that the server runs on: what the operating system says of it, now. */
import { existsSync, readdirSync, readFileSync, statfsSync, statSync } from 'node:fs';
import { arch, cpus, hostname, loadavg, machine, networkInterfaces, release, type, uptime } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { z } from 'zod';
import { Failure } from '#base/failure.ts';
import { command } from './command.ts';
import { operationsOf } from './operations-of.ts';
import {
  cpuShares,
  type ProcessStat,
  readCpuTimes,
  readGateway,
  readMemory,
  readProcessStat,
  readResolverFile,
} from './proc-files.ts';

/** How long the processors are watched for what they do. */
const SAMPLE_MS = 250;
const MAX_PROCESSES = 20;
/** Linux counts the time of processes in hundredths of a second (USER_HZ), and memory in pages of 4 KiB on what we run on. */
const JIFFIES_PER_SECOND = 100;
const PAGE_KIB = 4;

const nothing = z.strictObject({});
const share = z.number().describe('of 1');
const disk = z.object({ what: z.string(), totalKiB: z.number(), freeKiB: z.number(), usedKiB: z.number() });

const machineStatus = z.object({
  hostName: z.string(),
  now: z.number().describe('epoch milliseconds'),
  timeZone: z.string(),
  locale: z.string(),
  release: z.string(),
  version: z.string().optional().describe('of the package'),
  operatingSystem: z.string(),
  uptimeSeconds: z.number(),
  loadAverage: z.array(z.number()),
  processors: z.number(),
  cpu: z.object({ idle: share, system: share, user: share, ioWait: share, irq: share, softIrq: share }),
  memory: z.object({
    totalKiB: z.number(),
    freeKiB: z.number(),
    cachedKiB: z.number(),
    sharedKiB: z.number(),
    buffersKiB: z.number(),
  }),
  disks: z.array(disk),
});

export type MachineStatus = z.infer<typeof machineStatus>;

export const machineStatusCommand = command({
  name: 'machine.status',
  help: 'The machine: name, clock, release, how long it is up, processors, memory, disks.',
  role: 'monitor',
  changes: false,
  input: nothing,
  output: machineStatus,
  async run(context): Promise<MachineStatus> {
    const { folder, logFolder, release: ours } = operationsOf(context);
    const before = readCpuTimes(readFileSync('/proc/stat', 'utf8'));
    await wait(SAMPLE_MS);
    const { timeZone, locale } = new Intl.DateTimeFormat().resolvedOptions();
    return {
      hostName: hostname(),
      now: Date.now(),
      timeZone,
      locale: process.env.LC_ALL || process.env.LANG || locale,
      release: ours,
      ...(context.server && { version: context.server.version }),
      operatingSystem: `${type()} ${release()} ${machine()}`,
      uptimeSeconds: Math.floor(uptime()),
      loadAverage: loadavg(),
      processors: cpus().length,
      cpu: cpuShares(before, readCpuTimes(readFileSync('/proc/stat', 'utf8'))),
      memory: readMemory(readFileSync('/proc/meminfo', 'utf8')),
      disks: [space('active', folder), space('logging', existsSync(logFolder) ? logFolder : folder)],
    };
  },
});

function space(what: string, path: string): z.infer<typeof disk> {
  const { blocks, bfree, bavail, bsize } = statfsSync(path);
  const kib = (count: number) => Math.floor((count * bsize) / 1024);
  return { what, totalKiB: kib(blocks), freeKiB: kib(bavail), usedKiB: kib(blocks - bfree) };
}

export const machineRelease = command({
  name: 'machine.release',
  help: 'The release of this server, and what runs it.',
  role: 'monitor',
  changes: false,
  input: nothing,
  output: z.object({ release: z.string(), node: z.string(), architecture: z.string() }),
  run: (context) => ({ release: operationsOf(context).release, node: process.versions.node, architecture: arch() }),
});

const networkInterface = z.object({
  name: z.string(),
  /** The kernel's word: up, down, unknown. */
  state: z.string(),
  mac: z.string(),
  addresses: z.array(z.object({ address: z.string(), netmask: z.string(), family: z.string() })),
  linkDetected: z.boolean().optional(),
  speedMbits: z.number().optional(),
  duplex: z.string().optional(),
  mtu: z.number().optional(),
  dns: z.object({ servers: z.array(z.string()), search: z.array(z.string()), options: z.array(z.string()) }),
  gateway: z.object({ address: z.string(), interface: z.string() }).optional(),
});

export type NetworkInterface = z.infer<typeof networkInterface>;

export const machineNetwork = command({
  name: 'machine.network',
  help: 'One network interface with its addresses, and the DNS servers and the gateway of the machine.',
  role: 'monitor',
  changes: false,
  input: z.strictObject({ name: z.string().min(1).max(64) }),
  output: networkInterface,
  run(_, { name }): NetworkInterface {
    const all = networkInterfaces();
    const addresses = Object.hasOwn(all, name) ? all[name] : undefined;
    if (addresses === undefined) {
      throw new Failure('not-found', `there is no interface ${name}; there are ${Object.keys(all).join(', ')}`);
    }
    const of = (file: string) => readOrNothing(join('/sys/class/net', name, file));
    const speed = Number(of('speed') ?? -1);
    const [carrier, duplex, mtu] = [of('carrier'), of('duplex'), of('mtu')];
    const gateway = readGateway(readOrNothing('/proc/net/route') ?? '');
    return {
      name,
      state: of('operstate') ?? 'unknown',
      mac: addresses[0]?.mac ?? '',
      addresses: addresses.map(({ address, netmask, family }) => ({ address, netmask, family })),
      ...(carrier !== undefined && { linkDetected: carrier === '1' }),
      ...(speed > 0 && { speedMbits: speed }),
      ...(duplex !== undefined && { duplex }),
      ...(mtu !== undefined && { mtu: Number(mtu) }),
      dns: readResolverFile(readOrNothing('/etc/resolv.conf') ?? ''),
      ...(gateway && { gateway }),
    };
  },
});

const processes = z.object({
  loadAverage: z.array(z.number()),
  count: z.number(),
  own: z.number().describe('the process id of this server'),
  top: z.array(
    z.object({
      pid: z.number(),
      name: z.string(),
      state: z.string(),
      threads: z.number(),
      cpu: z.number().describe('of 1 processor, just now'),
      cpuSeconds: z.number(),
      residentKiB: z.number(),
    }),
  ),
});

export type Processes = z.infer<typeof processes>;

export const machineProcesses = command({
  name: 'machine.processes',
  help: 'The processes that take most of the processors and the memory just now. Their arguments are not shown.',
  role: 'operator',
  changes: false,
  input: nothing,
  output: processes,
  async run(): Promise<Processes> {
    const before = new Map(allProcesses().map((one) => [one.pid, one.jiffies]));
    const begun = performance.now();
    await wait(SAMPLE_MS);
    const seconds = (performance.now() - begun) / 1000;
    const now = allProcesses().map((one) => ({
      pid: one.pid,
      name: one.name,
      state: one.state,
      threads: one.threads,
      cpu: (one.jiffies - (before.get(one.pid) ?? one.jiffies)) / JIFFIES_PER_SECOND / seconds,
      cpuSeconds: one.jiffies / JIFFIES_PER_SECOND,
      residentKiB: one.residentPages * PAGE_KIB,
    }));
    now.sort((a, b) => b.cpu - a.cpu || b.residentKiB - a.residentKiB);
    return { loadAverage: loadavg(), count: now.length, own: process.pid, top: now.slice(0, MAX_PROCESSES) };
  },
});

function allProcesses(): ProcessStat[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      // One that ended meanwhile has no file any more.
      const stat = readProcessStat(readOrNothing(`/proc/${pid}/stat`) ?? '');
      return stat === undefined ? [] : [stat];
    });
}

const cores = z.object({
  pattern: z.string().describe('where the kernel puts them: core(5)'),
  /** Absent where the kernel hands them to a program, and no folder can be looked at. */
  folder: z.string().optional(),
  files: z.array(z.object({ name: z.string(), bytes: z.number(), changedAt: z.number() })),
});

export type Cores = z.infer<typeof cores>;

export const machineCores = command({
  name: 'machine.cores',
  help: 'Core files where the kernel puts those of this server.',
  role: 'operator',
  changes: false,
  input: nothing,
  output: cores,
  run(): Cores {
    const pattern = readOrNothing('/proc/sys/kernel/core_pattern') ?? 'core';
    if (pattern.startsWith('|')) return { pattern, files: [] };
    const folder = pattern.includes('/') ? dirname(pattern) : process.cwd();
    const prefix = basename(pattern).split('%')[0]!;
    const names = existsSync(folder) ? readdirSync(folder).filter((name) => name.startsWith(prefix)) : [];
    const files = names.flatMap((name) => {
      const found = statSync(join(folder, name), { throwIfNoEntry: false });
      return found?.isFile() ? [{ name, bytes: found.size, changedAt: found.mtimeMs }] : [];
    });
    return { pattern, folder, files };
  },
});

export const machineShutDown = command({
  name: 'machine.shutdown',
  help: 'Ends this server in good order; the machine goes on. What was acknowledged is on disk.',
  role: 'administrator',
  changes: true,
  duringSetup: true,
  input: nothing,
  output: z.object({ stopping: z.literal(true) }),
  run(context) {
    const { shutDown } = operationsOf(context);
    if (context.server === undefined) throw new Failure('unavailable', 'no server runs');
    if (shutDown === undefined) {
      throw new Failure('unavailable', 'this server runs inside another program; end it there');
    }
    // The answer goes out first.
    setTimeout(shutDown, SAMPLE_MS);
    return { stopping: true as const };
  },
});

function readOrNothing(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch {
    return undefined;
  }
}
