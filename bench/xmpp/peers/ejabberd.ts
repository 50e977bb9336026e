/** ejabberd, started as its own script would start it, but without Erlang distribution (no epmd is left behind). */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { packageFile, packageVersion } from '../../lib/debian.ts';
import { freePorts, launch } from '../../lib/process.ts';
import { type Archive, logOf, type RunningServer, running, type Server, type StartOptions } from './server.ts';

const CONFIGURATION = join(import.meta.dirname, 'ejabberd.yml');

/** The schedulers do not spin when they are idle, so that CPU time is work. */
const SCHEDULERS = ['+sbwt', 'none', '+sbwtdcpu', 'none', '+sbwtdio', 'none'];

export const ejabberd: Server = {
  name: 'ejabberd',
  packages: ['ejabberd', 'erlang-p1-sqlite3', 'sqlite3'],
  version: () => `ejabberd ${packageVersion('ejabberd')}, Erlang ${packageVersion('erlang-base')}`,
  start,
};

async function start({ folder, archive, nice }: StartOptions): Promise<RunningServer> {
  for (const name of ['data', 'logs']) mkdirSync(join(folder, name), { recursive: true });
  const port = await freePorts([0, 1]);
  const configuration = join(folder, 'ejabberd.yml');
  writeFileSync(configuration, configure(folder, port) + archiveModule(folder, archive));
  const mnesia = `"${join(folder, 'data')}"`;
  const startedAt = performance.now();
  const child = launch(
    'erl',
    ['+K', 'true', '+P', '250000', ...SCHEDULERS, '-noinput', '-mnesia', 'dir', mnesia, '-s', 'ejabberd'],
    {
      log: logOf(folder),
      nice,
      env: {
        EJABBERD_CONFIG_PATH: configuration,
        EJABBERD_LOG_PATH: join(folder, 'logs', 'ejabberd.log'),
        ERL_LIBS: dirname(dirname(packageFile('ejabberd', '/ebin'))),
        ERL_MAX_PORTS: '65536',
        ERL_MAX_ETS_TABLES: '2053',
        ERL_CRASH_DUMP_BYTES: '0',
        HOME: folder,
      },
    },
  );
  return running(child, port, folder, startedAt);
}

function configure(folder: string, port: number): string {
  return readFileSync(CONFIGURATION, 'utf8')
    .replaceAll('@FOLDER@', folder)
    .replace('"@PORT@"', String(port))
    .replace('"@TLS_PORT@"', String(port + 1));
}

/** The end of the configuration file: the modules stand last in it. */
function archiveModule(folder: string, archive: Archive): string {
  if (archive === 'none') return '';
  if (archive === 'internal') return '  mod_mam:\n    default: always\n    db_type: mnesia\n';
  const database = join(folder, 'archive.sqlite');
  if (!existsSync(database)) {
    const schema = readFileSync(packageFile('ejabberd', '/lite.sql'));
    execFileSync('sqlite3', [database], { input: schema, stdio: ['pipe', 'ignore', 'inherit'] });
  }
  return `  mod_mam:\n    default: always\n    db_type: sql\nsql_type: sqlite\nsql_database: "${database}"\n`;
}
