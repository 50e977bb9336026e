/** Our own server, started as anyone starts it: `bin/rollcall start`. */
import { execFile } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { freePorts, launch, stop, untilListening } from '../../lib/process.ts';
import { ROLLCALL, requireNode, rollcallVersion } from '../../lib/rollcall.ts';
import {
  DOMAIN,
  logOf,
  onProcessor,
  PASSWORD,
  type RunningServer,
  running,
  type Server,
  type StartOptions,
} from './server.ts';

const SEED = join(import.meta.dirname, 'seed.ts');
const SIP_PORT = 5060;
const HTTP_PORT = 5280;
/** The listeners that --port-offset moves. */
const LISTENERS = [SIP_PORT, 5061, 5222, 5223, HTTP_PORT, 5281, 8443];

export const rollcall: Server = { name: 'rollcall', packages: [], version: rollcallVersion, prepare, start };

/** A first start makes the data folder; the users are put into it while nothing runs. */
async function prepare(folder: string, users: number): Promise<void> {
  mkdirSync(folder, { recursive: true });
  const { child, port } = await launchOn(folder, { folder, archive: false, processor: 0 });
  try {
    await untilListening(child, port, logOf(folder));
  } finally {
    await stop(child);
  }
  await promisify(execFile)(process.execPath, [SEED, join(folder, 'data'), DOMAIN, String(users), PASSWORD]);
}

async function start(options: StartOptions): Promise<RunningServer> {
  const { folder } = options;
  const { child, port } = await launchOn(folder, options);
  const metrics = `http://127.0.0.1:${port - SIP_PORT + HTTP_PORT}/metrics`;
  const server = await running(child, port, folder, metrics);
  try {
    requireNode(server.pid);
  } catch (error) {
    await server.stop();
    throw error;
  }
  return server;
}

async function launchOn(folder: string, { archive, processor, profiles }: StartOptions) {
  const port = await freePorts(LISTENERS.map((listener) => listener - SIP_PORT));
  const settings = Object.entries(settingsFor(archive)).flatMap(([key, value]) => ['--set', `${key}=${value}`]);
  const offset = ['--port-offset', String(port - SIP_PORT)];
  const [command, args] = onProcessor(processor, ROLLCALL, [
    ...['start', '--data', join(folder, 'data'), '--domain', DOMAIN],
    ...offset,
    ...settings,
  ]);
  const env = profiles === undefined ? {} : { NODE_OPTIONS: `--cpu-prof --cpu-prof-dir=${profiles}` };
  return { port, child: launch(command, args, { log: logOf(folder), env }) };
}

/** As with the peer: everybody may watch everybody (its force_active), and no message is kept unless it is said. */
function settingsFor(archive: boolean): Record<string, string> {
  return {
    'sip.listeners.host': '127.0.0.1',
    'xmpp.listeners.host': '127.0.0.1',
    'presence.visibility': 'everyone',
    'messaging.archive': archive ? 'all' : 'none',
    'log.level': 'warn',
  };
}
