/** OpenLDAP's server as Debian has it, unpacked into `.cache/` and not installed: nothing of it starts by itself. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, globSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { freePorts } from '../support/free-ports.ts';

const run = promisify(execFile);
const ROOT = join(import.meta.dirname, '../../.cache/slapd');
const UNPACKED = join(ROOT, 'unpacked');
const PACKAGES = ['slapd', 'libldap-2.5-0', 'libodbc2', 'libltdl7', 'libsasl2-2', 'libargon2-1', 'libwrap0'];

export const BASE = 'dc=example,dc=test';
export const ADMIN = `cn=admin,${BASE}`;
export const ADMIN_PASSWORD = 'directory-password';

async function unpack(): Promise<void> {
  if (existsSync(UNPACKED)) return;
  mkdirSync(ROOT, { recursive: true });
  if (process.env.ROLLCALL_SLAPD_LOCKED === undefined) {
    const env = { ...process.env, ROLLCALL_SLAPD_LOCKED: '1' };
    const code = `import { getSlapd } from ${JSON.stringify(import.meta.url)};\nawait getSlapd();`;
    await run('flock', [join(ROOT, 'lock'), process.execPath, '--input-type=module', '-e', code], { env });
    return;
  }
  const fresh = join(ROOT, 'fresh');
  rmSync(fresh, { recursive: true, force: true });
  mkdirSync(join(fresh, 'packages'), { recursive: true });
  const options = { cwd: join(fresh, 'packages'), timeout: 300_000 };
  const get = ['-qq', '-o', 'APT::Sandbox::User=root', 'download', ...(await available())];
  await run('apt-get', get, options).catch(async () => {
    await run('apt-get', ['-qq', 'update'], options);
    await run('apt-get', ['-qq', '-o', 'APT::Sandbox::User=root', 'download', ...(await available())], options);
  });
  for (const file of globSync('*.deb', options)) await run('dpkg-deb', ['-x', file, fresh], options);
  renameSync(fresh, UNPACKED);
}

/** Libraries have other names in other releases; those that are not there are on the machine already, or not needed. */
async function available(): Promise<string[]> {
  const known = await Promise.all(
    PACKAGES.map(async (name) => {
      const { stdout } = await run('apt-cache', ['show', '--no-all-versions', name]).catch(() => ({ stdout: '' }));
      return stdout === '' ? [] : [name];
    }),
  );
  return known.flat().includes('slapd') ? known.flat() : PACKAGES;
}

/** Unpacks it where it is missing. @throws {Error} where it cannot be had */
export const getSlapd = unpack;

export interface Slapd {
  readonly port: number;
  /** Ends it at once. */
  stop(): Promise<void>;
}

/** @param folder its own @param ldif what is in it, below BASE */
export async function startSlapd(folder: string, ldif: string): Promise<Slapd> {
  await getSlapd();
  const data = join(folder, 'data');
  mkdirSync(data, { recursive: true });
  const config = join(folder, 'slapd.conf');
  const [modules] = globSync(join(UNPACKED, 'usr/lib/ldap'));
  const schemas = ['core', 'cosine', 'nis', 'inetorgperson'].map(
    (name) => `include ${join(UNPACKED, 'etc/ldap/schema', `${name}.schema`)}`,
  );
  const lines = [
    ...schemas,
    `modulepath ${modules}`,
    'moduleload back_mdb',
    `pidfile ${join(folder, 'pid')}`,
    'sizelimit size.soft=1000 size.hard=1000 size.prtotal=unlimited',
    'database mdb',
    'maxsize 1073741824',
    `suffix "${BASE}"`,
    `rootdn "${ADMIN}"`,
    `rootpw ${ADMIN_PASSWORD}`,
    `directory ${data}`,
    'dbnosync',
    'index objectClass,uid,modifyTimestamp eq',
    'access to attrs=userPassword by anonymous auth by * none',
    'access to * by * read',
  ];
  writeFileSync(config, `${lines.join('\n')}\n`);
  const env = { ...process.env, LD_LIBRARY_PATH: globSync(join(UNPACKED, 'usr/lib', '*-linux-gnu*')).join(':') };
  const program = join(UNPACKED, 'usr/sbin/slapd');
  const file = join(folder, 'all.ldif');
  writeFileSync(file, ldif);
  await run(program, ['-T', 'add', '-q', '-f', config, '-l', file], { env, maxBuffer: 16_000_000 });
  const [port] = (await freePorts(1)) as [number];
  const child = spawn(program, ['-d', '0', '-f', config, '-h', `ldap://127.0.0.1:${port}`], { env, stdio: 'ignore' });
  await untilListening(child, port);
  return {
    port,
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
    },
  };
}

async function untilListening(child: ChildProcess, port: number): Promise<void> {
  for (let tries = 0; tries < 200; tries++) {
    if (child.exitCode !== null) throw new Error(`slapd ended with ${child.exitCode}`);
    const reached = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1', () => {
        socket.destroy();
        resolve(true);
      });
      socket.on('error', () => resolve(false));
    });
    if (reached) return;
    await sleep(50);
  }
  throw new Error('slapd does not listen');
}

/** The entries of BASE and of the units for people and groups, with some more. */
export function ldifOf(...entries: readonly Readonly<Record<string, string | readonly string[]>>[]): string {
  const base = [
    { dn: BASE, objectClass: ['dcObject', 'organization'], dc: 'example', o: 'Example' },
    { dn: `ou=people,${BASE}`, objectClass: 'organizationalUnit', ou: 'people' },
    { dn: `ou=groups,${BASE}`, objectClass: 'organizationalUnit', ou: 'groups' },
  ];
  return [...base, ...entries]
    .map((entry) =>
      Object.entries(entry)
        .flatMap(([name, values]) =>
          [values].flat().map((value) => `${name}:: ${Buffer.from(value).toString('base64')}`),
        )
        .join('\n'),
    )
    .join('\n\n')
    .concat('\n');
}

export function personEntry(uid: string, more: Readonly<Record<string, string>> = {}) {
  return {
    dn: `uid=${uid},ou=people,${BASE}`,
    objectClass: 'inetOrgPerson',
    uid,
    cn: `${uid} cn`,
    sn: `Name of ${uid}`,
    mail: `${uid}@example.test`,
    userPassword: `secret of ${uid}`,
    ...more,
  };
}
