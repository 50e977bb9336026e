/** Prosody, as it comes and with its collector in generational mode. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { packageVersion } from '../../lib/debian.ts';
import { freePorts, launch } from '../../lib/process.ts';
import { logOf, type RunningServer, running, type Server, type StartOptions } from './server.ts';

const CONFIGURATION = join(import.meta.dirname, 'prosody.cfg.lua');

/** Its default collector settings cost it more than half of its CPU time, so both are there. */
export const prosody = prosodyWith('prosody', 'default');
export const prosodyTuned = prosodyWith('prosody-tuned', 'generational');

function prosodyWith(name: string, collector: string): Server {
  return {
    name,
    packages: ['prosody', 'lua-dbi-sqlite3', 'lua-readline'],
    version: () => `Prosody ${packageVersion('prosody')}, Lua ${packageVersion('lua5.4') ?? 'of another release'}`,
    start: (options) => start(options, collector),
  };
}

async function start({ folder, archive, nice }: StartOptions, collector: string): Promise<RunningServer> {
  mkdirSync(join(folder, 'data'), { recursive: true });
  const port = await freePorts([0, 1]);
  const startedAt = performance.now();
  const child = launch('prosody', ['--config', CONFIGURATION, '-F'], {
    log: logOf(folder),
    nice,
    env: {
      BENCH_DIR: folder,
      BENCH_PORT: String(port),
      BENCH_TLS_PORT: String(port + 1),
      BENCH_LUA_GC: collector,
      BENCH_ARCHIVE: archive,
    },
  });
  return running(child, port, folder, startedAt);
}
