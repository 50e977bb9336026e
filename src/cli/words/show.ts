/** `show`: how things are. */
import { certificateList, type OwnCertificate } from '#commands/certificates.ts';
import { type ClusterStatus, clusterStatus } from '#commands/cluster.ts';
import { COUNTERS, type CounterValue, figureObjects, figureQuery, OWN_OBJECT } from '#commands/figures.ts';
import {
  type MachineStatus,
  machineNetwork,
  machineProcesses,
  machineRelease,
  machineStatusCommand,
  type NetworkInterface,
  type Processes,
} from '#commands/machine.ts';
import { storeCheck } from '#commands/store.ts';
import { ctime } from '#time/ntp-status.ts';
import { table } from '../cli.ts';
import { runCommand } from '../run-command.ts';
import type { Verb } from './grammar.ts';
import { bytes, printable, ruledTable } from './shapes.ts';

/** Reading all of a large store takes its time. */
const CHECK_TIMEOUT_MS = 660_000;

export const SHOW: readonly Verb[] = [
  {
    path: 'show version active',
    help: 'the release that runs',
    async run({ data }) {
      const result = await runCommand(data, machineRelease, {});
      const text = [
        `Active Master Version: ${result.release}`,
        'Active Version Installed Software Options:',
        'No Installed Software Options Found.',
      ].join('\n');
      return { result, text };
    },
  },
  {
    path: 'show status',
    help: 'host, clock, release, processors, memory, disks',
    async run({ data }) {
      const result = await runCommand(data, machineStatusCommand, {});
      return { result, text: machineText(result) };
    },
  },
  {
    path: 'show network <interface> detail',
    help: 'addresses, DNS and gateway of a network interface',
    async run({ data, args }) {
      const result = await runCommand(data, machineNetwork, { name: args.interface });
      return { result, text: networkText(result) };
    },
  },
  {
    path: 'show network cluster',
    help: 'the nodes, and whether they know each other',
    async run({ data }) {
      const result = await runCommand(data, clusterStatus, {});
      return { result, text: clusterText(result) };
    },
  },
  {
    path: 'show process load',
    help: 'the processes that take most just now',
    async run({ data }) {
      const result = await runCommand(data, machineProcesses, {});
      return { result, text: processText(result) };
    },
  },
  {
    path: 'show cert list own',
    help: 'the certificates that this server shows',
    async run({ data }) {
      const result = await runCommand(data, certificateList, {});
      const failed = result.some(({ problem }) => problem !== undefined);
      return { result, text: result.map(certificateText).join('\n\n'), failed };
    },
  },
  {
    path: 'show tech dbintegrity',
    help: 'read all of the store, and tell what is damaged',
    async run({ data }) {
      const result = await runCommand(data, storeCheck, {}, { timeoutMs: CHECK_TIMEOUT_MS });
      const { faults, tookMs } = result;
      if (faults.length === 0) return { result, text: `The store is whole; it was read in ${tookMs} ms.\n\nok` };
      return { result, text: ['The store is damaged:', '', ...faults].join('\n'), failed: true };
    },
  },
  {
    path: 'show perf list counters',
    help: 'the objects that there are figures under',
    async run({ data }) {
      const result = await runCommand(data, figureObjects, {});
      const text = result.map(({ object, counters }) => [object, ...counters.map((name) => `    ${name}`)].join('\n'));
      return { result, text: text.join('\n') };
    },
  },
  {
    path: 'show perf query counter <object> [counter]',
    help: 'a figure, by object and name: "Cisco XCP CM" "CmConnectedSockets"',
    choices: { object: [...Object.keys(COUNTERS), OWN_OBJECT].map((name) => `"${name}"`) },
    async run({ data, args: { object = '', counter } }) {
      const result = await runCommand(data, figureQuery, { object, ...(counter !== undefined && { counter }) });
      return { result, text: counterText(object, result) };
    },
  },
];

export function machineText(now: MachineStatus): string {
  const { cpu, memory } = now;
  const percent = (share: number) => `${(share * 100).toFixed(2).padStart(5, '0')}%`.padStart(8);
  const kib = (count: number) => `${count}K`.padStart(15);
  const used = memory.totalKiB - memory.freeKiB - memory.cachedKiB - memory.buffersKiB;
  return [
    `Host Name          : ${now.hostName}`,
    `Date               : ${ctime(now.now, now.timeZone)}`,
    `Time Zone          : ${now.timeZone}`,
    `Locale             : ${now.locale}`,
    `Product Ver        : ${now.release}`,
    `Operating System   : ${now.operatingSystem}`,
    '',
    'Uptime:',
    ` ${uptime(now.uptimeSeconds)},  load average: ${now.loadAverage.map((load) => load.toFixed(2)).join(', ')}`,
    '',
    `CPU Idle: ${percent(cpu.idle)}  System: ${percent(cpu.system)}    User: ${percent(cpu.user)}`,
    `  IOWAIT: ${percent(cpu.ioWait)}     IRQ: ${percent(cpu.irq)}    Soft: ${percent(cpu.softIrq)}`,
    '',
    `Memory Total:${kib(memory.totalKiB)}`,
    `        Free:${kib(memory.freeKiB)}`,
    `        Used:${kib(Math.max(0, used))}`,
    `      Cached:${kib(memory.cachedKiB)}`,
    `      Shared:${kib(memory.sharedKiB)}`,
    `     Buffers:${kib(memory.buffersKiB)}`,
    '',
    `${' '.repeat(19)}${['Total', 'Free', 'Used'].map((title) => title.padStart(16)).join('')}`,
    ...now.disks.map(({ what, totalKiB, freeKiB, usedKiB }) => {
      const cells = [totalKiB, freeKiB, usedKiB].map((count) => `${count}K`.padStart(16)).join('');
      return `${`Disk/${what}`.padEnd(19)}${cells} (${Math.round((usedKiB / Math.max(1, totalKiB)) * 100)}%)`;
    }),
  ].join('\n');
}

function uptime(seconds: number): string {
  const days = Math.floor(seconds / 86_400);
  const hours = Math.floor(seconds / 3600) % 24;
  const minutes = Math.floor(seconds / 60) % 60;
  return `up ${days} days, ${String(hours).padStart(2)}:${String(minutes).padStart(2, '0')}`;
}

export function networkText(found: NetworkInterface): string {
  const { name, state, addresses, linkDetected, speedMbits, duplex, dns, gateway } = found;
  const mode = [duplex, speedMbits === undefined ? undefined : `${speedMbits} Mbits/s`].filter((one) => one);
  const pair = (left: string, value: string, right: string, other: string) =>
    `${left.padEnd(13)}: ${value.padEnd(18)} ${right.padEnd(11)}: ${other}`;
  return [
    `Ethernet ${name}`,
    pair('Status', state, 'MAC', found.mac),
    ...addresses.map(({ address, netmask }) => pair('IP Address', address, 'IP Mask', netmask)),
    pair(
      'Link Detected',
      linkDetected === undefined ? 'unknown' : linkDetected ? 'yes' : 'no',
      'Mode',
      mode.length === 0 ? 'unknown' : mode.join(', '),
    ),
    '',
    'DNS',
    pair('Primary', dns.servers[0] ?? 'Not Configured', 'Secondary', dns.servers[1] ?? 'Not Configured'),
    `Options      : ${dns.options.length === 0 ? 'none' : dns.options.join(' ')}`,
    `Domain       : ${dns.search.length === 0 ? 'Not Configured' : dns.search.join(' ')}`,
    `Gateway      : ${gateway === undefined ? 'Not Configured' : `${gateway.address} on Ethernet ${gateway.interface}`}`,
  ].join('\n');
}

export function clusterText({ nodes }: ClusterStatus): string {
  const head = 'Server Table (processnode) Entries';
  return [
    ...nodes.map(({ address, fullName, name, role, isSelf, state }) =>
      [
        address,
        fullName,
        name,
        role,
        'cups',
        role === 'Publisher' ? 'DBPub' : 'DBSub',
        isSelf ? 'authenticated' : `not authenticated - ${state}`,
      ]
        .join(' ')
        .trim(),
    ),
    '',
    head,
    '-'.repeat(head.length),
    ...nodes.map(({ fullName }) => fullName),
    '',
    'Successful',
  ].join('\n');
}

function processText({ loadAverage, count, own, top }: Processes): string {
  const rows = top.map((one) => [
    String(one.pid),
    one.state,
    String(one.threads),
    `${(one.cpu * 100).toFixed(1)}%`,
    `${one.cpuSeconds.toFixed(0)}s`,
    bytes(one.residentKiB * 1024),
    `${printable(one.name)}${one.pid === own ? '  (this server)' : ''}`,
  ]);
  const head = ['PID', 'S', 'Threads', '%CPU', 'Time', 'Memory', 'Command'];
  const load = loadAverage.map((one) => one.toFixed(2)).join(', ');
  return [`load average: ${load}`, `Processes: ${count}`, '', ruledTable(head, rows)].join('\n');
}

function certificateText(one: OwnCertificate): string {
  if (one.problem !== undefined) return `${one.domain}: ${one.file} cannot be read: ${one.problem}`;
  const day = (at: number | undefined) => (at === undefined ? '' : ctime(at));
  const kind = one.selfSigned ? 'Self-signed certificate' : 'Certificate signed by an authority';
  return [
    `${one.domain}/certificate.pem: ${kind}`,
    table([
      ['  Subject', printable(one.subject ?? '')],
      ['  Issuer', printable(one.issuer ?? '')],
      ['  Names', printable(one.names ?? '')],
      ['  Not before', day(one.notBefore)],
      ['  Not after', day(one.notAfter)],
      ['  SHA-256', one.fingerprint ?? ''],
    ]),
  ].join('\n');
}

export function counterText(object: string, values: readonly CounterValue[]): string {
  return [
    '- query counter :',
    '',
    `- Perf class (${object}) has instances and values:`,
    ...values.map(({ counter, value }) => `    -> ${counter.padEnd(30)} = ${value}`),
  ].join('\n');
}
