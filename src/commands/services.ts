/** The parts of the server under the names of services, as administrators of Cisco's product know them. */
import { z } from 'zod';
import { Failure } from '#base/failure.ts';
import { nearest } from '#base/nearest.ts';
import { type CommandContext, command } from './command.ts';
import type { Part } from './operations.ts';
import { operationsOf } from './operations-of.ts';
import { findService, SERVICES, type ServiceEntry } from './service-names.ts';

const service = z.object({
  name: z.string(),
  state: z.enum(['STARTED', 'STOPPED']),
  reason: z.string().optional(),
  here: z.string().describe('what it is in this server'),
  canStop: z.boolean().describe('it is stopped and started by itself, while the rest goes on'),
});

export type Service = z.infer<typeof service>;

const input = z.strictObject({ name: z.string().min(1).max(100).describe('as service.list shows it') });

export const serviceList = command({
  name: 'service.list',
  help: 'The parts of the server under the names of services, and which of them run.',
  role: 'monitor',
  changes: false,
  input: z.strictObject({}),
  output: z.array(service),
  run: (context) => SERVICES.map((entry) => describe(context, entry)),
});

export const serviceStart = command({
  name: 'service.start',
  help: 'Opens a part of the running server again.',
  role: 'operator',
  changes: true,
  input,
  output: service,
  async run(context, { name }) {
    const { entry, part } = partOf(context, name);
    if (!part.isConfigured()) {
      throw new Failure('not-acceptable', `${entry.name} has no port in the settings; give it one there`);
    }
    if (!part.isOpen()) await part.open();
    return describe(context, entry);
  },
});

export const serviceStop = command({
  name: 'service.stop',
  help: 'Closes a part of the running server, with what is connected through it; the rest goes on.',
  role: 'operator',
  changes: true,
  input,
  output: service,
  async run(context, { name }) {
    const { entry, part } = partOf(context, name);
    refuseOwnGround(context, entry);
    if (part.isOpen()) await part.close();
    return describe(context, entry);
  },
});

export const serviceRestart = command({
  name: 'service.restart',
  help: 'Closes a part of the running server, and opens it again.',
  role: 'operator',
  changes: true,
  input,
  output: service,
  async run(context, { name }) {
    const { entry, part } = partOf(context, name);
    refuseOwnGround(context, entry);
    if (part.isOpen()) await part.close();
    await part.open();
    return describe(context, entry);
  },
});

/** Who asks through a part would never hear what came of it. */
function refuseOwnGround({ caller }: CommandContext, { part, name }: ServiceEntry): void {
  const isOwn = (caller?.face === 'rest' && part === 'https') || (caller?.face === 'ad hoc' && part === 'xmpp');
  if (isOwn) throw new Failure('not-acceptable', `you are connected through ${name}; stop it from the command line`);
}

function describe(context: CommandContext, entry: ServiceEntry): Service {
  const { name, here } = entry;
  const { state, reason } = stateOf(context, entry);
  const canStop = context.server !== undefined && operationsOf(context).parts.has(entry.part);
  return { name, state, ...(reason !== undefined && { reason }), here, canStop };
}

function stateOf(context: CommandContext, { part }: ServiceEntry): { state: Service['state']; reason?: string } {
  if (part === 'none') return { state: 'STOPPED', reason: 'Service Not Activated' };
  if (context.server === undefined) return { state: 'STOPPED', reason: 'Server Not Running' };
  if (part === 'server') return { state: 'STARTED' };
  if (part === 'store') {
    const { state, reason = 'Nothing Can Be Kept Now' } = context.homes.database.health();
    return state === 'ok' ? { state: 'STARTED' } : { state: 'STOPPED', reason };
  }
  const found = operationsOf(context).parts.get(part);
  if (found === undefined || !found.isConfigured()) return { state: 'STOPPED', reason: 'Service Not Activated' };
  if (found.isOpen()) return { state: 'STARTED' };
  return { state: 'STOPPED', reason: found.problem() ?? 'Commanded Out of Service' };
}

/** @throws {Failure} 'not-found' for an unknown name, 'not-acceptable' for what is not stopped by itself */
function partOf(context: CommandContext, name: string): { entry: ServiceEntry; part: Part } {
  const entry = findService(name);
  if (entry === undefined) {
    const names = SERVICES.map((one) => one.name);
    const close = nearest(name, names);
    throw new Failure('not-found', `there is no service ${name}${close ? `; did you mean ${close}?` : ''}`);
  }
  if (context.server === undefined) {
    throw new Failure('unavailable', 'no server runs; start it with "rollcall start"');
  }
  if (entry.part === 'none') throw new Failure('not-acceptable', `${entry.name} is nothing here: ${entry.here}`);
  const part = operationsOf(context).parts.get(entry.part);
  if (part !== undefined) return { entry, part };
  throw new Failure(
    'not-acceptable',
    `${entry.name} is part of the whole: ${entry.here} It ends with the server ("utils system shutdown").`,
  );
}
