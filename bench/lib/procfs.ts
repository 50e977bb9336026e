/**
 * What the server processes cost, read from /proc: CPU time (utime + stime of
 * the given processes and all their descendants), resident memory, and bytes
 * written to storage. Linux only.
 */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { performance } from 'node:perf_hooks';

let ticksPerSecond = 0;

function clockTicks(): number {
  if (ticksPerSecond === 0) ticksPerSecond = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));
  return ticksPerSecond;
}

function read(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}

/** The fields of /proc/PID/stat after the command name; field 3 of proc(5) is [0]. */
function statFields(pid: number): string[] {
  const text = read(`/proc/${pid}/stat`);
  return text === '' ? [] : text.slice(text.lastIndexOf(')') + 2).split(' ');
}

/** The given processes and all their descendants that are alive now. */
export function processTree(roots: readonly number[]): number[] {
  const children = new Map<number, number[]>();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const parent = Number(statFields(Number(name))[1]);
    const siblings = children.get(parent);
    if (siblings === undefined) children.set(parent, [Number(name)]);
    else siblings.push(Number(name));
  }
  const found = new Set<number>();
  const queue = [...roots];
  while (queue.length > 0) {
    const pid = queue.pop() as number;
    if (found.has(pid)) continue;
    found.add(pid);
    queue.push(...(children.get(pid) ?? []));
  }
  return [...found];
}

/** CPU time so far in ms, reaped children included. */
function cpuMs(pids: readonly number[]): number {
  let ticks = 0;
  for (const pid of pids) {
    const f = statFields(pid);
    // utime, stime, cutime, cstime are fields 14 to 17.
    for (let i = 11; i <= 14; i++) ticks += Number(f[i] ?? 0);
  }
  return (ticks * 1000) / clockTicks();
}

/** Bytes sent to the storage layer so far. */
function writtenBytes(pids: readonly number[]): number {
  let bytes = 0;
  for (const pid of pids) bytes += Number(/^write_bytes: (\d+)/m.exec(read(`/proc/${pid}/io`))?.[1] ?? 0);
  return bytes;
}

export interface Memory {
  /** Sum of the processes' resident sets: shared pages counted once for each process. */
  rssKiB: number;
  /** Sum of their proportional sets: shared pages counted once. */
  pssKiB: number;
}

export function memoryOf(roots: readonly number[]): Memory {
  const memory: Memory = { rssKiB: 0, pssKiB: 0 };
  for (const pid of processTree(roots)) {
    memory.rssKiB += Number(/^VmRSS:\s+(\d+)/m.exec(read(`/proc/${pid}/status`))?.[1] ?? 0);
    memory.pssKiB += Number(/^Pss:\s+(\d+)/m.exec(read(`/proc/${pid}/smaps_rollup`))?.[1] ?? 0);
  }
  return memory;
}

/** Busy CPU time of the whole machine so far, in ms. */
function machineBusyMs(): number {
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, steal = 0] = (
    /^cpu +(.*)$/m.exec(read('/proc/stat'))?.[1] ?? ''
  )
    .split(' ')
    .map(Number);
  return ((user + nice + system + irq + softirq + steal) * 1000) / clockTicks();
}

export interface Usage {
  wallMs: number;
  serverCpuMs: number;
  /** The load tool's own CPU time, with the programs that it started. */
  toolCpuMs: number;
  /** CPU time of everything else on the machine: noise. */
  otherCpuMs: number;
  serverWrittenBytes: number;
}

/** The use of two stretches of time together. */
export function addUsage(a: Usage, b: Usage): Usage {
  return {
    wallMs: a.wallMs + b.wallMs,
    serverCpuMs: a.serverCpuMs + b.serverCpuMs,
    toolCpuMs: a.toolCpuMs + b.toolCpuMs,
    otherCpuMs: a.otherCpuMs + b.otherCpuMs,
    serverWrittenBytes: a.serverWrittenBytes + b.serverWrittenBytes,
  };
}

/** Measures the CPU use between start() and stop(). */
export class UsageMeter {
  #roots: readonly number[];
  #at = 0;
  #server = 0;
  #written = 0;
  #tool = 0;
  #machine = 0;

  constructor(roots: readonly number[]) {
    this.#roots = roots;
  }

  start(): void {
    const pids = processTree(this.#roots);
    this.#server = cpuMs(pids);
    this.#written = writtenBytes(pids);
    this.#machine = machineBusyMs();
    this.#tool = toolCpuMs();
    this.#at = performance.now();
  }

  stop(): Usage {
    const wallMs = performance.now() - this.#at;
    const tool = toolCpuMs() - this.#tool;
    const machine = machineBusyMs() - this.#machine;
    const pids = processTree(this.#roots);
    const server = cpuMs(pids) - this.#server;
    return {
      wallMs,
      serverCpuMs: server,
      toolCpuMs: tool,
      otherCpuMs: Math.max(0, machine - server - tool),
      serverWrittenBytes: writtenBytes(pids) - this.#written,
    };
  }
}

/** This process exactly, and in ticks the programs that it started and waited for, or still runs. */
function toolCpuMs(): number {
  const { user, system } = process.cpuUsage();
  const [ended = 0, endedInKernel = 0] = statFields(process.pid).slice(13, 15).map(Number);
  const running = processTree([process.pid]).filter((pid) => pid !== process.pid);
  return (user + system) / 1000 + ((ended + endedInKernel) * 1000) / clockTicks() + cpuMs(running);
}

/** Datagrams that the system has dropped since its start because a socket's buffer was full. */
export function droppedDatagrams(): number {
  const [names = [], values = []] = [...read('/proc/net/snmp').matchAll(/^Udp: (.*)$/gm)].map(([, row]) =>
    row?.split(' '),
  );
  return ['RcvbufErrors', 'SndbufErrors'].reduce((sum, name) => sum + Number(values[names.indexOf(name)] ?? 0), 0);
}

/** Throws when a process of the list is not there. */
export function requireProcesses(pids: readonly number[]): void {
  for (const pid of pids) {
    if (statFields(pid).length === 0) throw new Error(`no process ${pid} (--server-pids)`);
  }
}
