/** The system topology: the nodes of the cluster, and which of them stand in for each other. */
import { z } from 'zod';
import { Failure } from '#base/failure.ts';
import { type CommandContext, command } from './command.ts';

/** The topology as the commands use it; all of it is the publisher's. */
export interface TopologyControl {
  show(): Promise<TopologyShown>;
  addSubcluster(name: string): Promise<void>;
  removeSubcluster(name: string): Promise<void>;
  addNode(name: string, subcluster?: string): Promise<void>;
  removeNode(name: string): Promise<void>;
  assign(node: string, subcluster: string): Promise<void>;
  /** @param current needed where one is set */
  setSecurityPassword(password: string, current?: string): Promise<void>;
  /** The port on which nodes may join; 0 while it is closed, undefined while no server runs. */
  readonly joinPort: number | undefined;
}

interface TopologyShown {
  readonly subclusters: readonly { readonly name: string; readonly nodes: readonly string[] }[];
  readonly nodes: readonly {
    readonly name: string;
    readonly role: 'publisher' | 'subscriber';
    readonly subcluster: string | undefined;
    readonly state: 'listed' | 'joining' | 'installed';
    readonly release: string;
    readonly address: string;
    readonly certificateEndsAt: number;
  }[];
}

const shown = z.object({
  subclusters: z.array(z.object({ name: z.string(), nodes: z.array(z.string()) })),
  nodes: z.array(
    z.object({
      name: z.string(),
      role: z.enum(['publisher', 'subscriber']),
      subcluster: z.string().optional(),
      state: z.enum(['listed', 'joining', 'installed']),
      release: z.string().optional(),
      address: z.string().optional(),
      certificateEndsAt: z.number().optional().describe('epoch milliseconds'),
    }),
  ),
  joinPort: z.number().optional().describe('where nodes may join now'),
});

export type ShownTopology = z.infer<typeof shown>;

const node = z.string().min(1).max(253).describe('host name of a node');
const subcluster = z.string().min(1).max(128).describe('name of a subcluster');
const securityPassword = z.string().min(1).max(64).meta({ secret: true });

export const topologyShow = command({
  name: 'topology.show',
  help: 'The nodes of the cluster, their states, and the subclusters that they are assigned to.',
  role: 'monitor',
  changes: false,
  input: z.strictObject({}),
  output: shown,
  run: (context) => show(topologyOf(context)),
});

export const topologyAddSubcluster = command({
  name: 'topology.add-subcluster',
  help: 'Makes a subcluster, for one or two nodes.',
  role: 'administrator',
  changes: true,
  duringSetup: true,
  input: z.strictObject({ name: subcluster }),
  output: shown,
  run: (context, { name }) => changed(context, (topology) => topology.addSubcluster(name)),
});

export const topologyRemoveSubcluster = command({
  name: 'topology.remove-subcluster',
  help: 'Removes a subcluster that holds no nodes.',
  role: 'administrator',
  changes: true,
  duringSetup: true,
  input: z.strictObject({ name: subcluster }),
  output: shown,
  run: (context, { name }) => changed(context, (topology) => topology.removeSubcluster(name)),
});

export const topologyAddNode = command({
  name: 'topology.add-node',
  help: 'Enters a subscriber, before its software is installed.',
  role: 'administrator',
  changes: true,
  duringSetup: true,
  input: z.strictObject({ name: node, subcluster: subcluster.optional() }),
  output: shown,
  run: (context, { name, subcluster: into }) => changed(context, (topology) => topology.addNode(name, into)),
});

export const topologyRemoveNode = command({
  name: 'topology.remove-node',
  help: 'Takes a subscriber out of the cluster; its certificate is not renewed any more.',
  role: 'administrator',
  changes: true,
  duringSetup: true,
  input: z.strictObject({ name: node }),
  output: shown,
  run: (context, { name }) => changed(context, (topology) => topology.removeNode(name)),
});

export const topologyAssign = command({
  name: 'topology.assign',
  help: 'Assigns a node to a subcluster.',
  role: 'administrator',
  changes: true,
  duringSetup: true,
  input: z.strictObject({ name: node, subcluster }),
  output: shown,
  run: (context, { name, subcluster: into }) => changed(context, (topology) => topology.assign(name, into)),
});

export const topologySecurityPassword = command({
  name: 'topology.security-password',
  help: 'Sets the security password of the cluster, which each subscriber has to be given at its installation.',
  role: 'administrator',
  changes: true,
  duringSetup: true,
  input: z.strictObject({
    password: securityPassword.describe('6 to 64 letters, digits, hyphens and underscores; a letter or digit first'),
    currentPassword: securityPassword.optional().describe('the one before; needed where one is set'),
  }),
  output: z.object({ set: z.literal(true) }),
  subject: () => 'security password',
  async run(context, { password, currentPassword }) {
    await topologyOf(context).setSecurityPassword(password, currentPassword);
    return { set: true as const };
  },
});

/** @throws {Failure} 'unavailable' */
function topologyOf({ topology }: CommandContext): TopologyControl {
  if (topology !== undefined) return topology;
  throw new Failure('unavailable', 'this node keeps no topology; ask the publisher');
}

async function changed(
  context: CommandContext,
  change: (topology: TopologyControl) => Promise<void>,
): Promise<ShownTopology> {
  const topology = topologyOf(context);
  await change(topology);
  return show(topology);
}

async function show(topology: TopologyControl): Promise<ShownTopology> {
  const { subclusters, nodes } = await topology.show();
  const { joinPort } = topology;
  return {
    subclusters: subclusters.map(({ name, nodes }) => ({ name, nodes: [...nodes] })),
    nodes: nodes.map(({ name, role, subcluster, state, release, address, certificateEndsAt }) => ({
      ...{ name, role, state },
      ...(subcluster !== undefined && { subcluster }),
      ...(release !== '' && { release }),
      ...(address !== '' && { address }),
      ...(certificateEndsAt !== 0 && { certificateEndsAt }),
    })),
    ...(joinPort !== undefined && joinPort !== 0 && { joinPort }),
  };
}
