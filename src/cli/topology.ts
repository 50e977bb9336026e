import { Command } from 'commander';
import {
  type ShownTopology,
  topologyAddNode,
  topologyAddSubcluster,
  topologyAssign,
  topologyRemoveNode,
  topologyRemoveSubcluster,
  topologySecurityPassword,
  topologyShow,
} from '#commands/topology.ts';
import { type CommonOptions, print, table } from './cli.ts';
import { askSecret, passwordFromFile, readPassword } from './password.ts';
import { runCommand } from './run-command.ts';

/** The commands of the group `topology`. */
export const topologyCommands: readonly (() => Command)[] = [
  () =>
    new Command('show')
      .description('the nodes of the cluster, and the subclusters that they are assigned to')
      .action(async (options: CommonOptions) => printed(options, await runCommand(options.data, topologyShow, {}))),
  () =>
    new Command('add-subcluster')
      .description('make a subcluster, for one or two nodes')
      .argument('<name>')
      .action(async (name: string, options: CommonOptions) =>
        printed(options, await runCommand(options.data, topologyAddSubcluster, { name })),
      ),
  () =>
    new Command('remove-subcluster')
      .description('remove a subcluster that holds no nodes')
      .argument('<name>')
      .action(async (name: string, options: CommonOptions) =>
        printed(options, await runCommand(options.data, topologyRemoveSubcluster, { name })),
      ),
  () =>
    new Command('add-node')
      .description('enter a subscriber, before its software is installed')
      .argument('<host name>')
      .option('--subcluster <name>', 'assign it at once')
      .action(async (name: string, options: CommonOptions & { subcluster?: string }) => {
        const { subcluster } = options;
        const input = { name, ...(subcluster !== undefined && { subcluster }) };
        printed(options, await runCommand(options.data, topologyAddNode, input));
      }),
  () =>
    new Command('remove-node')
      .description('take a subscriber out of the cluster')
      .argument('<host name>')
      .action(async (name: string, options: CommonOptions) =>
        printed(options, await runCommand(options.data, topologyRemoveNode, { name })),
      ),
  () =>
    new Command('assign')
      .description('assign a node to a subcluster')
      .argument('<host name>')
      .argument('<subcluster>')
      .action(async (name: string, subcluster: string, options: CommonOptions) =>
        printed(options, await runCommand(options.data, topologyAssign, { name, subcluster })),
      ),
  () =>
    new Command('security-password')
      .description('set the security password of the cluster; asks for it, and for the one before with --change')
      .option('--change', 'one is set already')
      .option('--password-stdin', 'the first line of the standard input is the new password')
      .option('--current-file <file>', 'the one before is on the first line of this file')
      .action(setSecurityPassword),
];

async function setSecurityPassword(
  options: CommonOptions & { change?: boolean; passwordStdin?: boolean; currentFile?: string },
): Promise<void> {
  const { data, change, passwordStdin, currentFile } = options;
  const currentPassword = await currentOne(change, currentFile);
  const password = await readPassword(passwordStdin);
  const input = { password, ...(currentPassword !== undefined && { currentPassword }) };
  const result = await runCommand(data, topologySecurityPassword, input);
  print(options, result, () => 'The security password is set. Give it to each subscriber at its installation.');
}

async function currentOne(change: boolean | undefined, file: string | undefined): Promise<string | undefined> {
  if (file !== undefined) return passwordFromFile(file);
  return change ? askSecret('Current security password: ') : undefined;
}

function printed(options: CommonOptions, topology: ShownTopology): void {
  print(options, topology, () => {
    const { subclusters, nodes, joinPort } = topology;
    const rows = nodes.map(({ name, role, subcluster = '-', state, release = '-', address = '-' }) => [
      ...[name, role, subcluster, state, release, address],
    ]);
    const empty = subclusters.filter((one) => one.nodes.length === 0).map(({ name }) => name);
    return [
      table([['node', 'role', 'subcluster', 'state', 'release', 'address'], ...rows]),
      ...(empty.length === 0 ? [] : [`Without nodes: ${empty.join(', ')}`]),
      ...(joinPort === undefined ? [] : [`Nodes may join on port ${joinPort}.`]),
    ].join('\n');
  });
}
