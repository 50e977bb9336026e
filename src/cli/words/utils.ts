/** `utils`: what is done with a server, and tests of it. */
import { type ClusterStatus, clusterStatus } from '#commands/cluster.ts';
import { DIAGNOSE_MODULES, type Diagnosis, diagnoseRun } from '#commands/diagnose.ts';
import { type Cores, machineCores, machineShutDown } from '#commands/machine.ts';
import { SERVICES } from '#commands/service-names.ts';
import { type Service, serviceList, serviceRestart, serviceStart, serviceStop } from '#commands/services.ts';
import { ctime } from '#time/ntp-status.ts';
import { runCommand } from '../run-command.ts';
import type { Outcome, Verb } from './grammar.ts';
import { ruledTable } from './shapes.ts';

/** A module that reads all of the store takes its time. */
const DIAGNOSE_TIMEOUT_MS = 660_000;

/** Those that are stopped and started by themselves. */
const NAMES = {
  name: SERVICES.filter(({ part }) => !['none', 'server', 'store'].includes(part)).map(({ name }) => name),
};

export const UTILS: readonly Verb[] = [
  {
    path: 'utils service list',
    help: 'the services, and which of them run',
    async run({ data }) {
      const result = await runCommand(data, serviceList, {});
      return { result, text: servicesText(result) };
    },
  },
  {
    path: 'utils service start <name...>',
    help: 'start a service',
    choices: NAMES,
    run: ({ data, args }) => changed(runCommand(data, serviceStart, { name: args.name })),
  },
  {
    path: 'utils service stop <name...>',
    help: 'stop a service, with what is connected through it',
    choices: NAMES,
    run: ({ data, args }) => changed(runCommand(data, serviceStop, { name: args.name })),
  },
  {
    path: 'utils service restart <name...>',
    help: 'stop a service and start it again',
    choices: NAMES,
    run: ({ data, args }) => changed(runCommand(data, serviceRestart, { name: args.name })),
  },
  {
    path: 'utils dbreplication runtimestate',
    help: 'the nodes, and whether they hold the same data',
    async run({ data }) {
      const result = await runCommand(data, clusterStatus, {});
      return {
        result,
        text: replicationText(result),
        failed: result.nodes.some(({ storeOk, isSelf }) => isSelf && !storeOk),
      };
    },
  },
  {
    path: 'utils ha status',
    help: 'whether nodes stand in for each other',
    async run({ data }) {
      const result = await runCommand(data, clusterStatus, {});
      return { result, text: availabilityText(result) };
    },
  },
  {
    path: 'utils diagnose list',
    help: 'the tests that there are',
    async run() {
      const result = DIAGNOSE_MODULES.map(({ name, help }) => ({ name, help }));
      const rows = result.map(({ name, help }) => `  ${name.padEnd(20)} ${help}`);
      return { result, text: ['Available diagnostics modules', '', ...rows].join('\n') };
    },
  },
  {
    path: 'utils diagnose test',
    help: 'test the server and the machine under it',
    run: ({ data }) => diagnosed(runCommand(data, diagnoseRun, {}, { timeoutMs: DIAGNOSE_TIMEOUT_MS })),
  },
  {
    path: 'utils diagnose module <name>',
    help: 'run one of the tests',
    choices: { name: DIAGNOSE_MODULES.map(({ name }) => name) },
    run: ({ data, args }) =>
      diagnosed(runCommand(data, diagnoseRun, { module: args.name }, { timeoutMs: DIAGNOSE_TIMEOUT_MS })),
  },
  {
    path: 'utils core active list',
    help: 'core files of programs that crashed',
    async run({ data }) {
      const result = await runCommand(data, machineCores, {});
      return { result, text: coresText(result) };
    },
  },
  {
    path: 'utils system shutdown',
    help: 'end the server in good order; the machine goes on',
    async run({ data, confirm }) {
      if (!(await confirm('Do you really want to shut the server down?'))) {
        return { result: { stopping: false }, text: 'Nothing was done.' };
      }
      const result = await runCommand(data, machineShutDown, {});
      return { result, text: 'The server is being stopped; what was acknowledged is on disk.' };
    },
  },
];

function serviceLine({ name, state, reason }: Service): string {
  return `${name}[${state}]${reason === undefined ? '' : `  ${reason}`}`;
}

export function servicesText(services: readonly Service[]): string {
  return ['Requesting service status, please wait...', ...services.map(serviceLine), 'Primary Node =true'].join('\n');
}

async function changed(service: Promise<Service>): Promise<Outcome> {
  const result = await service;
  return { result, text: serviceLine(result) };
}

async function diagnosed(running: Promise<Diagnosis[]>): Promise<Outcome> {
  const result = await running;
  return { result, text: diagnosisText(result), failed: result.some(({ outcome }) => outcome === 'Failed') };
}

export function diagnosisText(all: readonly Diagnosis[]): string {
  const tests = all.flatMap(({ name, outcome, message, cure }) => {
    if (outcome === 'Skipped') return [`skip - ${name.padEnd(20)}: ${message}`];
    const line = `test - ${name.padEnd(20)}: ${outcome}`;
    if (outcome === 'Passed') return [line];
    return [`${line}: ${message}`, ...(cure === undefined ? [] : [`       ${cure}`])];
  });
  return ['Starting diagnostic test(s)', '===========================', ...tests, '', 'Diagnostics Completed'].join(
    '\n',
  );
}

export function replicationText({ now, tables, lastTable, release, schema, nodes }: ClusterStatus): string {
  const day = new Date(now).toISOString();
  const started = `${day.slice(0, 10)}-${day.slice(11, 13)}-${day.slice(14, 16)}`;
  const self = nodes.find(({ isSelf }) => isSelf) ?? nodes[0]!;
  const faulty = nodes.filter(({ storeOk, isSelf }) => isSelf && !storeOk).map(({ name }) => name);
  const row = (cells: readonly string[]) => {
    const widths = [20, 18, 10, 10, 9, 15];
    return cells
      .map((cell, i) => cell.padEnd(widths[i] ?? 0))
      .join('')
      .trimEnd();
  };
  return [
    `Server Time: ${ctime(now)}`,
    '',
    `Cluster Replication State: Replication status command started at: ${started}`,
    `     Replication status command COMPLETED. Checked ${tables} tables out of ${tables}`,
    `     Last Completed Table: ${lastTable}`,
    faulty.length === 0
      ? '     No Errors or Mismatches found.'
      : `     Errors found: the store keeps nothing now on ${faulty.join(', ')}.`,
    '',
    `DB Version: rollcall${release.replaceAll(/\W/g, '_')}_schema_${schema}`,
    '',
    `Cluster Detailed View from ${self.name} (${nodes.length} ${nodes.length === 1 ? 'Server' : 'Servers'}):`,
    '',
    row(['', '', 'PING', 'DB/RPC/', 'REPL.', 'Replication', 'REPLICATION SETUP']),
    row(['SERVER-NAME', 'IP ADDRESS', '(msec)', 'DbMon?', 'QUEUE', 'Group ID', '(RTMT) & Details']),
    row(['-----------', '----------', '------', '-------', '-----', '-----------', '------------------']),
    ...nodes.map(({ name, address, roundTripMs, storeOk, isSelf, state }, i) =>
      row([
        name,
        address,
        roundTripMs?.toFixed(3) ?? '-',
        storeOk ? 'Y/Y/Y' : isSelf ? 'N/Y/Y' : 'N/N/N',
        '0',
        storeOk ? `(g_${i + 2})` : '-',
        storeOk ? '(2) Setup Completed' : isSelf ? '(0) Store Failing' : `(0) Keeps No Data (${state})`,
      ]),
    ),
  ].join('\n');
}

export function availabilityText({ nodes }: ClusterStatus): string {
  const subclusters = [...new Set(nodes.map(({ subcluster }) => subcluster))];
  return subclusters
    .map((subcluster) =>
      [
        `Subcluster Name: ${subcluster}`,
        ...nodes
          .filter((node) => node.subcluster === subcluster)
          .map(({ name, availability, reason }, i) => {
            const why = reason === undefined ? '' : ` Reason: ${reason}`;
            return `    Node ${i + 1} Name : ${name} State: ${availability}${why}`;
          }),
      ].join('\n'),
    )
    .join('\n\n');
}

function coresText({ pattern, folder, files }: Cores): string {
  if (folder === undefined) {
    return `No core files found here: the kernel hands them to a program (${pattern.slice(1).split(' ')[0]}).`;
  }
  if (files.length === 0) return `No core files found in ${folder}.`;
  const rows = files.map(({ bytes, changedAt, name }) => [`${Math.ceil(bytes / 1024)} KB`, ctime(changedAt), name]);
  return ruledTable(['Size', 'Date', 'Core File Name'], rows);
}
