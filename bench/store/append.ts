/**
 * What an append costs: processor time of the main thread and of the store's thread for each row, by how many rows share
 * a commit. `node bench/store/append.ts [sqlite|postgres]`; the processor time of a PostgreSQL server is not counted, and
 * its files are not synced.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openPostgres } from '#store/postgres.ts';
import { openSqlite } from '#store/sqlite.ts';
import { startPostgres } from '../../test/support/postgres.ts';

const ROWS = 60_000;
const ACCOUNTS = 1000;
const APPEND = 'insert into archive (account, id, peer, flags, stanza) values (?, ?, ?, ?, ?)';
const TABLE =
  'create table archive (account integer not null, id integer not null, peer text not null, flags integer not null, stanza text not null)';
const INDEX = 'create index archive_by_account on archive (account, id, peer)';
const STANZA = `<message xmlns='jabber:client' type='chat'><body>${'o'.repeat(340)}</body></message>`;

const micros = ({ user, system }: NodeJS.CpuUsage): number => user + system;
const rss = (): number => process.memoryUsage().rss / 1e6;

const folder = await mkdtemp(join(tmpdir(), 'rollcall-bench-'));
const postgres = process.argv[2] === 'postgres' ? await startPostgres() : undefined;
console.log('rows a commit   main us/row   store us/row   rows/s   commit ms (mean)');
for (const size of [1, 8, 64, 512]) {
  const before = rss();
  const db = postgres
    ? await openPostgres(await postgres.createDatabase(`bench${size}`))
    : await openSqlite(join(folder, `${size}.db`));
  const opened = rss();
  await db.write({ sql: TABLE }, { sql: INDEX });
  const groups = Math.ceil(Math.min(ROWS, size * 3000) / size);
  let id = 0;
  const run = async (count: number) => {
    for (let g = 0; g < count; g++) {
      let commit: ReturnType<typeof db.append> | undefined;
      for (let i = 0; i < size; i++, id++) {
        const account = Math.imul(id, 7919) % ACCOUNTS;
        commit = db.append(APPEND, [account, id, `juliet${id % 20}@example.test`, 1, STANZA]);
      }
      await commit!.settled();
    }
  };
  await run(Math.ceil(groups / 10));
  const [main, all, from] = [process.threadCpuUsage(), process.cpuUsage(), performance.now()];
  await run(groups);
  const ms = performance.now() - from;
  const mainMicros = micros(process.threadCpuUsage(main));
  const storeMicros = micros(process.cpuUsage(all)) - mainMicros;
  const rows = groups * size;
  console.log(
    String(size).padStart(11),
    (mainMicros / rows).toFixed(2).padStart(14),
    (storeMicros / rows).toFixed(2).padStart(13),
    Math.round((rows / ms) * 1000)
      .toString()
      .padStart(11),
    (ms / groups).toFixed(2).padStart(8),
    `   RSS +${(opened - before).toFixed(1)} MB open, +${(rss() - before).toFixed(1)} after`,
  );
  await db.close();
}

await rm(folder, { recursive: true });
await postgres?.stop();
