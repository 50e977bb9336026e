/** Our own server, started as anyone starts it: `bin/rollcall start`. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { stringify } from 'yaml';
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
  mkdirSync(data, { recursive: true, mode: 0o700 });
  writeFileSync(join(data, 'settings.yaml'), stringify(settings(folder, archive !== 'none')));
  const first = await freePorts(LISTENERS.map((port) => port - C2S_PORT));
  const args = ['start', '--data', data, '--domain', DOMAIN, '--port-offset', String(first - C2S_PORT)];
  const startedAt = performance.now();
  const child = launch(join(ROOT, 'bin/rollcall'), args, {
    log: logOf(folder),
    nice,
    env: profiles === undefined ? {} : { NODE_OPTIONS: `--cpu-prof --cpu-prof-dir=${profiles}` },
  });
  const server = await running(child, first, folder, startedAt);
  const program = basename(readlinkSync(`/proc/${server.pid}/exe`));
  if (program === 'node') return server;
  await server.stop();
  // What is measured would not be the server, or be the server and a shell around it.
  throw new Error(`bin/rollcall became ${program} and not node: it must exec`);
}

/** As with the peers: the one certificate, registration open, nothing demanded that the plain flows lack. */
function settings(folder: string, archive: boolean): object {
  return {
    tls: { certificate: join(folder, 'cert.pem'), key: join(folder, 'key.pem') },
    xmpp: { listeners: { requireTls: false }, 'xep-0077': { registration: 'open' } },
    messaging: { archive: { enabled: archive } },
  };
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
