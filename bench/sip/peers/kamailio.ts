/** Kamailio with everything in memory: the fastest way that its documents know. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageFile, packageVersion } from '../../lib/debian.ts';
import { freePorts, launch } from '../../lib/process.ts';
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

const CONFIGURATION = join(import.meta.dirname, 'kamailio.cfg');
/** Two processes take datagrams, so that one works while the other waits. */
const WORKERS = 2;
const SHARED_MIB = 1024;
const PRIVATE_MIB = 32;
/** The users of a start whose folder was prepared elsewhere. */
const USERS_FILE = 'users';

export const kamailio: Server = {
  name: 'kamailio',
  packages: ['kamailio', 'kamailio-presence-modules', 'kamailio-sqlite-modules', 'sqlite3'],
  version: () => `Kamailio ${packageVersion('kamailio')}, in memory, ${WORKERS} UDP workers`,
  prepare,
  start,
};

async function prepare(folder: string, users: number): Promise<void> {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, USERS_FILE), String(users));
}

async function start({ folder, processor }: StartOptions): Promise<RunningServer> {
  const port = await freePorts([0]);
  const configuration = join(folder, 'kamailio.cfg');
  const store = join(folder, 'presence.db');
  makeStore(store);
  const values: Record<string, string> = {
    PORT: String(port),
    DOMAIN,
    PASSWORD,
    USERS: readFileSync(join(folder, USERS_FILE), 'utf8'),
    WORKERS: String(WORKERS),
    STORE: store,
  };
  const text = readFileSync(CONFIGURATION, 'utf8').replace(/@([A-Z]+)@/g, (all, name: string) => values[name] ?? all);
  writeFileSync(configuration, text);
  const memory = ['-m', String(SHARED_MIB), '-M', String(PRIVATE_MIB), '-b', String(4 << 20)];
  const files = ['-f', configuration, '-P', join(folder, 'pid'), '-w', folder, '-Y', folder];
  const [command, args] = onProcessor(processor, 'kamailio', [...files, ...memory, '-DD', '-E']);
  return running(launch(command, args, { log: logOf(folder) }), port, folder, '');
}

/** Its presence module asks for tables even where it keeps nothing in them. */
function makeStore(file: string): void {
  for (const schema of ['standard', 'presence']) {
    const statements = packageFile('kamailio-sqlite-modules', `/${schema}-create.sql`);
    execFileSync('sqlite3', [file], { input: readFileSync(statements) });
  }
}
