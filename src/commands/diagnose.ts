/** Tests that an administrator runs when something is wrong, each by itself or all of them. */
import { lookup } from 'node:dns/promises';
import { connect } from 'node:net';
import { networkInterfaces } from 'node:os';
import { z } from 'zod';
import { Failure } from '#base/failure.ts';
import { type CommandContext, command } from './command.ts';
import type { Finding } from './operations.ts';
import { operationsOf } from './operations-of.ts';

/** What a source may differ from us, and how far it may be from the reference: the rules for NTP of the product. */
const MAX_OFFSET_MS = 3000;
const MAX_STRATUM = 5;
const NTP_CURE = '"utils ntp status" shows each server; UDP port 123 has to be open.';
const CONNECT_MS = 3000;
const INTEGRITY_SECONDS = 600;

const result = z.object({
  name: z.string(),
  outcome: z.enum(['Passed', 'Warning', 'Failed', 'Skipped']),
  message: z.string(),
  cure: z.string().optional(),
});

export type Diagnosis = z.infer<typeof result>;
type Outcome = Omit<Diagnosis, 'name'>;

interface Module {
  readonly name: string;
  readonly help: string;
  /** It takes long or much, and is run by its name alone. */
  readonly directly?: true;
  run(context: CommandContext): Promise<Outcome>;
}

const MODULES: readonly Module[] = [
  checked('data_folder', "the data folder is its owner's alone", (what) => what === 'data folder'),
  checked('settings', 'the settings can be read', (what) => what === 'settings'),
  checked('disk_space', 'the disk has room', (what) => what === 'disk space'),
  checked('disk_write', 'a file can be written', (what) => what === 'writing'),
  checked('clock', 'the clock can be right', (what) => what === 'clock'),
  checked('certificates', 'each domain has a certificate that holds', (what) => what.startsWith('certificate')),
  { name: 'ntp_reachability', help: 'the NTP servers answer', run: tryNtp },
  { name: 'ntp_clock_drift', help: 'the clock is right', run: measureClock },
  { name: 'ntp_stratum', help: 'the clock is near to a reference', run: lookAtStratum },
  { name: 'validate_network', help: 'the DNS knows the domains', run: resolveDomains },
  { name: 'service_manager', help: 'each port answers', run: tryPorts },
  { name: 'store', help: 'the store keeps things', run: askStore },
  { name: 'health', help: 'the server knows of nothing that is wrong', run: askServer },
  { name: 'store_integrity', help: 'the embedded store is whole', directly: true, run: checkStore },
];

export const DIAGNOSE_MODULES: readonly { name: string; help: string }[] = MODULES;

export const diagnoseRun = command({
  name: 'diagnose.run',
  help: 'Tests the server and the machine under it; the module alone where one is named.',
  role: 'operator',
  changes: false,
  input: z.strictObject({ module: z.string().max(64).optional() }),
  output: z.array(result),
  async run(context, { module }): Promise<Diagnosis[]> {
    const chosen = module === undefined ? MODULES : MODULES.filter(({ name }) => name === module);
    if (chosen.length === 0) {
      const names = MODULES.map(({ name }) => name).join(', ');
      throw new Failure('not-found', `there is no module ${module}; there are ${names}`);
    }
    return Promise.all(
      chosen.map(async ({ name, directly, run }) => {
        if (directly && module === undefined) {
          const message = 'This module must be run directly and off hours';
          return { name, outcome: 'Skipped' as const, message };
        }
        return { name, ...(await run(context)) };
      }),
    );
  },
});

const passed = (message: string): Outcome => ({ outcome: 'Passed', message });
const failed = (message: string, cure?: string): Outcome => ({ outcome: 'Failed', message, ...(cure && { cure }) });

/** What `rollcall check` finds of it. */
function checked(name: string, help: string, isOf: (what: string) => boolean): Module {
  return {
    name,
    help,
    async run(context) {
      const found = (await operationsOf(context).check()).filter(({ what }) => isOf(what));
      if (found.length === 0) return failed('it could not be looked at', 'rollcall check says why');
      return worst(found);
    },
  };
}

function worst(found: readonly Finding[]): Outcome {
  const bad = found.find(({ state }) => state === 'failed') ?? found.find(({ state }) => state === 'warning');
  if (bad === undefined) return passed(found.map(({ message }) => message).join('; '));
  const outcome = bad.state === 'failed' ? 'Failed' : 'Warning';
  return { outcome, message: `${bad.what}: ${bad.message}`, ...(bad.cure && { cure: bad.cure }) };
}

const NO_NTP: Outcome = {
  outcome: 'Warning',
  message: 'no NTP server is asked, so the clock is trusted as it is',
  cure: 'Name servers with "rollcall utils ntp server add HOST", while the server runs.',
};

async function tryNtp({ time }: CommandContext): Promise<Outcome> {
  const now = time?.status();
  if (now === undefined || !now.running) return NO_NTP;
  const silent = now.sources.filter(({ isAccessible }) => !isAccessible).map(({ server }) => server);
  if (silent.length === 0) return passed(now.sources.map(({ server }) => server).join(', '));
  const message = `no usable answer from ${silent.join(', ')}`;
  return silent.length < now.sources.length ? { outcome: 'Warning', message } : failed(message, NTP_CURE);
}

async function measureClock({ time }: CommandContext): Promise<Outcome> {
  const now = time?.status();
  if (now === undefined || !now.running) return NO_NTP;
  const chosen = now.sources.find(({ tally }) => tally === '*');
  if (chosen === undefined) return failed('the clock is not synchronised', NTP_CURE);
  const message = `${Math.abs(chosen.offsetMs).toFixed(3)} ms from ${chosen.server}`;
  return Math.abs(chosen.offsetMs) > MAX_OFFSET_MS ? failed(message, 'Set the clock of the machine.') : passed(message);
}

async function lookAtStratum({ time }: CommandContext): Promise<Outcome> {
  const now = time?.status();
  if (now === undefined || !now.running) return NO_NTP;
  const chosen = now.sources.find(({ tally }) => tally === '*');
  if (chosen === undefined) return failed('the clock is not synchronised', NTP_CURE);
  const message = `${chosen.server} is at stratum ${chosen.stratum}`;
  return chosen.stratum > MAX_STRATUM ? failed(message, 'Name servers of stratum 5 or better.') : passed(message);
}

async function resolveDomains({ domains }: CommandContext): Promise<Outcome> {
  const unknown: string[] = [];
  for (const domain of domains) await lookup(domain).catch(() => unknown.push(domain));
  if (unknown.length === 0) return passed(`an address is known for ${domains.join(', ')}`);
  return {
    outcome: 'Warning',
    message: `no address is known for ${unknown.join(', ')}`,
    cure: 'Clients find the server by SRV records or by its address; enter them in the DNS.',
  };
}

async function tryPorts(context: CommandContext): Promise<Outcome> {
  const { server } = context;
  if (server === undefined) return failed('no server runs', 'Start it with "rollcall start".');
  const parts = [...operationsOf(context).parts];
  const closed = parts.filter(([, part]) => part.isConfigured() && !part.isOpen()).map(([name]) => name);
  if (closed.length > 0) return failed(`closed: ${closed.join(', ')}`, '"utils service list" names them; start them.');
  const ports = Object.entries(server.ports);
  const answers = await Promise.all(ports.map(async ([name, port]) => [`${name} (${port})`, await answersAt(port)]));
  const silent = answers.filter(([, answered]) => !answered).map(([name]) => name);
  if (silent.length > 0) return failed(`nothing answers at ${silent.join(', ')}`, 'utils service list shows more');
  return passed(`connected to ${answers.map(([name]) => name).join(', ')}`);
}

/** On any address of this machine: a listener may have been given one of them alone. */
async function answersAt(port: number): Promise<boolean> {
  const own = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  for (const { address, scopeid } of own) {
    // A link-local address is one of a link, and has to be named with it.
    if (!scopeid && (await answers(address, port))) return true;
  }
  return false;
}

function answers(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: CONNECT_MS });
    const end = (answered: boolean) => {
      socket.destroy();
      resolve(answered);
    };
    socket
      .once('connect', () => end(true))
      .once('error', () => end(false))
      .once('timeout', () => end(false));
  });
}

async function askStore({ homes }: CommandContext): Promise<Outcome> {
  const { state, reason = 'it keeps nothing now' } = homes.database.health();
  if (state !== 'ok') return failed(reason, 'Make room, or bring the database back; the server tries again by itself.');
  const begun = performance.now();
  await homes.database.read('select count(*) as applied from migrations');
  return passed(`${homes.database.kind} answered in ${(performance.now() - begun).toFixed(1)} ms`);
}

async function askServer({ server }: CommandContext): Promise<Outcome> {
  if (server === undefined) return failed('no server runs', 'Start it with "rollcall start".');
  const [first] = server.problems();
  return first === undefined ? passed('all is well') : failed(`${first.what}: ${first.reason}`);
}

async function checkStore(context: CommandContext): Promise<Outcome> {
  try {
    const faults = await operationsOf(context).store.faults(INTEGRITY_SECONDS);
    if (faults.length === 0) return passed('every page was read, and is whole');
    return failed(faults.join('; '), 'Stop the server, and restore the data folder from a backup.');
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return { outcome: 'Warning', message: error.message };
  }
}
