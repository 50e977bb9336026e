import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ChildServer } from './child-server.ts';
import { freePorts } from './free-ports.ts';
import type { ServerOptions, ServerUnderTest } from './server-under-test.ts';

const HOST = '127.0.0.1';

/** Prosody of Debian, with what our tests ask for switched on: a second opinion about a test, never part of a run. */
export async function startProsody({ domain, users, dataDir }: ServerOptions): Promise<ServerUnderTest> {
  const data = dataDir ?? (await mkdtemp(join(tmpdir(), 'prosody-test-')));
  const [c2s, c2sDirectTls] = (await freePorts(2)) as [number, number];
  const key = join(data, 'key.pem');
  const certificate = join(data, 'cert.pem');
  const config = join(data, 'prosody.cfg.lua');
  makeCertificate(domain, key, certificate);
  await writeFile(config, configuration({ data, domain, key, certificate, c2s, c2sDirectTls }));
  await writeAccounts(data, domain, users);
  const child = new ChildServer({
    command: '/usr/bin/prosody',
    arguments: ['-F', '--config', config],
    isReady: async () => (await accepts(c2s)) && (await accepts(c2sDirectTls)),
  });
  await child.start();
  return {
    name: 'prosody',
    host: HOST,
    ports: { c2s, c2sDirectTls, sip: 0, sipTls: 0 },
    domain,
    get pid() {
      return child.pid;
    },
    get running() {
      return child.running;
    },
    get output() {
      return child.output;
    },
    kill9: () => child.kill9(),
    restart: () => child.start(),
    async stop() {
      await child.stop();
      if (dataDir === undefined) await rm(data, { recursive: true, force: true });
    },
  };
}

function makeCertificate(domain: string, key: string, certificate: string): void {
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  const subject = ['-subj', `/CN=${domain}`, '-addext', `subjectAltName=DNS:${domain}`];
  const files = ['-keyout', key, '-out', certificate];
  execFileSync('openssl', ['req', '-x509', '-days', '2', ...curve, ...subject, ...files], { stdio: 'ignore' });
}

/** Prosody names its folders by the domain, with all but letters and digits escaped. */
async function writeAccounts(data: string, domain: string, users: ServerOptions['users']): Promise<void> {
  const folder = join(
    data,
    domain.replace(/[^A-Za-z0-9]/g, (c) => `%${c.charCodeAt(0).toString(16)}`),
    'accounts',
  );
  await mkdir(folder, { recursive: true });
  for (const { name, password } of users) {
    await writeFile(join(folder, `${name}.dat`), `return { ["password"] = ${JSON.stringify(password)}; };\n`);
  }
}

function configuration(
  at: Record<'data' | 'domain' | 'key' | 'certificate', string> & Record<string, string | number>,
) {
  return `
run_as_root = true
data_path = "${at.data}"
pidfile = "${at.data}/prosody.pid"
log = { { levels = { min = "info" }, to = "console" } }
interfaces = { "${HOST}" }
c2s_ports = { ${at.c2s} }
c2s_direct_tls_ports = { ${at.c2sDirectTls} }
http_ports = { }
https_ports = { }
modules_disabled = { "s2s" }
modules_enabled = {
  "roster", "saslauth", "tls", "disco", "private", "vcard_legacy", "pep", "version", "uptime", "time", "ping",
  "register", "mam", "smacks", "carbons", "csi", "blocklist", "lastactivity", "offline", "posix"
}
allow_registration = false
authentication = "internal_plain"
storage = "internal"
c2s_require_encryption = true
default_archive_policy = true
smacks_hibernation_time = 300
ssl = { key = "${at.key}"; certificate = "${at.certificate}"; }
VirtualHost "${at.domain}"
`;
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection({ port, host: HOST });
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.on('connect', () => socket.destroy());
  });
}
