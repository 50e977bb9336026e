/** The nodes of this deployment as one of them sees them. */
import { lookup, lookupService } from 'node:dns/promises';
import { hostname, networkInterfaces } from 'node:os';
import { z } from 'zod';
import { type CommandContext, command } from './command.ts';
import { operationsOf } from './operations-of.ts';

const NOT_ENABLED = 'High Availability Not Enabled';
const DEFAULT_SUBCLUSTER = 'DefaultCUPSubcluster';

const status = z.object({
  now: z.number().describe('epoch milliseconds'),
  release: z.string(),
  tables: z.number().describe('that the store has; each was read from'),
  lastTable: z.string(),
  schema: z.number().describe('the number of the last migration'),
  nodes: z.array(
    z.object({
      address: z.string(),
      fullName: z.string(),
      name: z.string(),
      role: z.enum(['Publisher', 'Subscriber']),
      subcluster: z.string(),
      isSelf: z.boolean(),
      state: z.string().describe('self; else as the topology has it: listed, joining, installed'),
      roundTripMs: z.number().optional().describe('to its store; absent where it cannot be asked from here'),
      storeOk: z.boolean().describe('it holds the data, and can keep more'),
      availability: z.string(),
      reason: z.string().optional(),
    }),
  ),
});

export type ClusterStatus = z.infer<typeof status>;

export const clusterStatus = command({
  name: 'cluster.status',
  help: 'The nodes, whether they stand in for each other, and whether they hold the same data.',
  role: 'monitor',
  changes: false,
  input: z.strictObject({}),
  output: status,
  async run(context): Promise<ClusterStatus> {
    const { database } = context.homes;
    const begun = performance.now();
    const applied = await database.read('select max(version) as version from migrations');
    const roundTripMs = performance.now() - begun;
    const tables = await database.read(
      database.kind === 'sqlite'
        ? "select name from sqlite_master where type = 'table' order by name"
        : "select table_name as name from information_schema.tables where table_schema = 'public' order by table_name",
    );
    const names = tables.map(({ name }) => String(name));
    await database.readAll(names.map((name) => ({ sql: `select 1 as one from "${name}" limit 1` })));
    const address = ownAddress();
    return {
      now: Date.now(),
      release: operationsOf(context).release,
      tables: names.length,
      lastTable: names.at(-1) ?? '',
      schema: Number(applied[0]?.version ?? 0),
      nodes: [
        {
          address,
          fullName: await fullName(),
          name: hostname().split('.')[0]!,
          role: 'Publisher',
          subcluster: DEFAULT_SUBCLUSTER,
          isSelf: true,
          state: 'self',
          roundTripMs,
          storeOk: database.health().state === 'ok',
          availability: 'Unknown',
          reason: NOT_ENABLED,
        },
        ...(await others(context)),
      ],
    };
  },
});

/** Nodes that the publisher has been told of. None of them holds data of its own, nor stands in for another. */
async function others({ topology }: CommandContext): Promise<ClusterStatus['nodes']> {
  if (topology === undefined) return [];
  const { nodes } = await topology.show();
  return nodes
    .filter(({ role }) => role === 'subscriber')
    .map(({ name, address, subcluster, state }) => ({
      address: address === '' ? '-' : address,
      fullName: name,
      name: name.split('.')[0]!,
      role: 'Subscriber' as const,
      subcluster: subcluster ?? 'Unassigned',
      isSelf: false,
      state,
      storeOk: false,
      availability: 'Unknown',
      reason: NOT_ENABLED,
    }));
}

/** The first address that others can reach; the loopback address where there is none. */
function ownAddress(): string {
  const all = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  const outside =
    all.find(({ internal, family }) => !internal && family === 'IPv4') ?? all.find((one) => !one.internal);
  return outside?.address ?? '127.0.0.1';
}

async function fullName(): Promise<string> {
  const own = hostname();
  if (own.includes('.')) return own;
  const [found] = await lookup(own, { all: true }).catch(() => []);
  return found === undefined ? own : ((await reverse(found.address)) ?? own);
}

async function reverse(address: string): Promise<string | undefined> {
  const found = await lookupService(address, 0).catch(() => undefined);
  return found?.hostname.includes('.') ? found.hostname : undefined;
}
