/** How right the clock is, and which NTP servers it is measured against. */
import { z } from 'zod';
import { Failure } from '#base/failure.ts';
import { type CommandContext, command } from './command.ts';

const source = z.object({
  server: z.string().describe('as the settings have it'),
  remote: z.string().describe('its address, with the port where that is not 123'),
  tally: z.enum(['*', '+', '-', 'x', ' ']).describe('chosen, candidate, outlier, false ticker, not fit'),
  referenceId: z.string(),
  stratum: z.int().describe('16: none'),
  whenSeconds: z.number().optional().describe('since the last usable answer'),
  pollSeconds: z.number(),
  reach: z.int().min(0).max(255).describe('the last eight polls as bits, the latest the lowest'),
  delayMs: z.number(),
  offsetMs: z.number(),
  jitterMs: z.number(),
  isAccessible: z.boolean(),
  trouble: z.string().describe("why the last poll had no usable answer; '' when it had one"),
});

const status = z.object({
  running: z.boolean().describe('whether anything is polled'),
  pid: z.int(),
  sources: z.array(source).readonly(),
  chosen: z.string().optional().describe('the best source; absent while not synchronised'),
  stratum: z.int().describe('of this node; 16: not synchronised'),
  withinMs: z.number().optional().describe('how wrong the clock can be; absent while not synchronised'),
  pollSeconds: z.number(),
  problems: z.array(z.string()).readonly(),
  note: z.string(),
  at: z.number().describe('epoch milliseconds'),
  timeZone: z.string().describe('a name of the tz database'),
});

const listed = z.object({
  server: z.string().describe('as it was given'),
  address: z.string().optional(),
  isAccessible: z.boolean(),
  finding: z.string(),
  cure: z.string(),
});

const changed = z.object({ servers: z.array(z.string()).readonly(), warnings: z.array(z.string()).readonly() });

type Status = z.infer<typeof status>;
export type ListedNtpServer = z.infer<typeof listed>;
type Changed = z.infer<typeof changed>;

/** What the commands need of the time. */
export interface NtpControl {
  status(): Status;
  list(): Promise<ListedNtpServer[]>;
  add(servers: readonly string[]): Promise<Changed>;
  delete(servers: readonly string[]): Changed;
}

const servers = z
  .array(z.string().trim().min(1).max(300))
  .min(1)
  .max(10)
  .describe('addresses, names, or "pool NAME", with :PORT where it is not 123');

export const ntpStatus = command({
  name: 'ntp.status',
  help: 'Whether the clock is right: each NTP server with what it answered, and which one is followed.',
  role: 'monitor',
  changes: false,
  input: z.strictObject({}),
  output: status,
  run: (context): Status => time(context).status(),
});

export const ntpServerList = command({
  name: 'ntp.server.list',
  help: 'The NTP servers, and whether each is accessible now.',
  role: 'monitor',
  changes: false,
  input: z.strictObject({}),
  output: z.array(listed),
  run: (context) => time(context).list(),
});

export const ntpServerAdd = command({
  name: 'ntp.server.add',
  help: 'Adds NTP servers, when each of them answers and can be used.',
  role: 'operator',
  changes: true,
  duringSetup: true,
  input: z.strictObject({ servers }),
  output: changed,
  run: (context, input) => time(context).add(input.servers),
});

export const ntpServerDelete = command({
  name: 'ntp.server.delete',
  help: 'Takes NTP servers off the list.',
  role: 'operator',
  changes: true,
  duringSetup: true,
  input: z.strictObject({ servers }),
  output: changed,
  run: (context, input): Changed => time(context).delete(input.servers),
});

function time({ time }: CommandContext): NtpControl {
  if (time === undefined) throw new Failure('unavailable', 'this server has no time service');
  return time;
}
