/** Our own server, started as anyone starts it: `bin/rollcall start`. */
import { copyFileSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { freePorts, launch } from '../../lib/process.ts';
import { ROLLCALL, requireNode, rollcallVersion } from '../../lib/rollcall.ts';
import { DOMAIN, logOf, type RunningServer, running, type Server, type StartOptions } from './server.ts';

const C2S_PORT = 5222;
/** The listeners that --port-offset moves. */
const LISTENERS = [C2S_PORT, 5223, 5280, 5281, 8443];

export const rollcall: Server = {
  name: 'rollcall',
  packages: [],
  version: rollcallVersion,
  start,
};

async function start({ folder, archive, nice, profiles }: StartOptions): Promise<RunningServer> {
  const data = join(folder, 'data');
  const isNew = !existsSync(data);
  const first = await freePorts(LISTENERS.map((port) => port - C2S_PORT));
  const settings = Object.entries(settingsFor(archive !== 'none')).flatMap(([key, value]) => [
    '--set',
    `${key}=${value}`,
  ]);
  const args = ['start', '--data', data, '--domain', DOMAIN, '--port-offset', String(first - C2S_PORT), ...settings];
  const startedAt = performance.now();
  const child = launch(ROLLCALL, args, {
    log: logOf(folder),
    nice,
    env: profiles === undefined ? {} : { NODE_OPTIONS: `--cpu-prof --cpu-prof-dir=${profiles}` },
  });
  const server = await running(child, first, folder, startedAt);
  try {
    requireNode(server.pid);
    if (isNew) takeCertificate(folder, join(data, 'tls', DOMAIN));
  } catch (error) {
    await server.stop();
    throw error;
  }
  return server;
}

/** As with the peers: registration open and unlimited, and nothing demanded that the plain flows lack. */
function settingsFor(archive: boolean): Record<string, string> {
  return {
    'xmpp.listeners.host': '127.0.0.1',
    'xmpp.listeners.requireTls': 'false',
    'xmpp.xep-0077.registration': 'true',
    'xmpp.xep-0077.perNetworkPerHour': '0',
    'messaging.archive': archive ? 'all' : 'none',
    'log.level': 'warn',
  };
}

/** In place of the one that the first start made; the next start has it. */
function takeCertificate(from: string, to: string): void {
  copyFileSync(join(from, 'key.pem'), join(to, 'key.pem'));
  copyFileSync(join(from, 'cert.pem'), join(to, 'certificate.pem'));
}
