/** Our own server, started as anyone starts it: `bin/rollcall start`. */
import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, readFileSync, readlinkSync } from 'node:fs';
import { basename, join } from 'node:path';
import { freePorts, launch } from './process.ts';
import { DOMAIN, logOf, type RunningServer, running, type Server, type StartOptions } from './server.ts';

const ROOT = join(import.meta.dirname, '../../..');
const C2S_PORT = 5222;
/** The listeners that --port-offset moves. */
const LISTENERS = [C2S_PORT, 5223, 5280];

export const rollcall: Server = {
  name: 'rollcall',
  packages: [],
  version,
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
  const child = launch(join(ROOT, 'bin/rollcall'), args, {
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

/** Were it a shell with the server below it, the process that is measured and stopped would be the wrong one. */
function requireNode(pid: number): void {
  const program = basename(readlinkSync(`/proc/${pid}/exe`));
  if (program !== 'node') throw new Error(`bin/rollcall became ${program} and not node: it must exec`);
}

/** In place of the one that the first start made; the next start has it. */
function takeCertificate(from: string, to: string): void {
  copyFileSync(join(from, 'key.pem'), join(to, 'key.pem'));
  copyFileSync(join(from, 'cert.pem'), join(to, 'certificate.pem'));
}

/** The release, the commit, and whether files differ from it. */
function version(): string {
  const { version: release } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string };
  try {
    const args = ['-C', ROOT, 'describe', '--always', '--dirty=, with changes', '--exclude=*'];
    const commit = execFileSync('git', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
    return `Rollcall ${release} (${commit}), Node ${process.versions.node}`;
  } catch {
    return `Rollcall ${release}, Node ${process.versions.node}`;
  }
}
