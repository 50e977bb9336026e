/** What the server is and how it is set. */
import { z } from 'zod';
import { command } from './command.ts';

const nothing = z.strictObject({});

const statusOutput = z.object({
  running: z.boolean(),
  domain: z.string(),
  version: z.string().optional(),
  startedAt: z.number().optional().describe('epoch milliseconds'),
  ports: z.record(z.string(), z.number()).optional(),
  accounts: z.number(),
  devices: z.number().optional(),
  memoryBytes: z.number().optional(),
  problems: z.array(z.object({ what: z.string(), reason: z.string() })),
});

export type Status = z.infer<typeof statusOutput>;

export const serverStatus = command({
  name: 'server.status',
  help: 'Whether the server runs, since when, on which ports, and what is wrong.',
  role: 'monitor',
  changes: false,
  input: nothing,
  output: statusOutput,
  async run({ server, domain, accounts }): Promise<Status> {
    const count = (await accounts.list()).length;
    if (server === undefined) return { running: false, domain, accounts: count, problems: [] };
    return {
      running: true,
      domain,
      version: server.version,
      startedAt: server.startedAt,
      ports: { ...server.ports },
      accounts: count,
      devices: server.devices(),
      memoryBytes: process.memoryUsage.rss(),
      problems: [...server.problems()],
    };
  },
});

export const serverSettings = command({
  name: 'server.settings',
  help: 'Every setting with its value and where that is from.',
  role: 'operator',
  changes: false,
  input: nothing,
  output: z.array(
    z.object({
      key: z.string(),
      value: z.unknown(),
      source: z.enum(['default', 'file', 'environment', 'command line']),
      default: z.unknown(),
      help: z.string(),
      environment: z.string(),
      unit: z.string().optional(),
      restart: z.literal(true).optional(),
      secret: z.literal(true).optional(),
    }),
  ),
  run: ({ settings }) => settings.effective(),
});
