/**
 * Ways to lay out an archive in SQLite, measured: processor time of a row (commits of 64 rows, each of another account),
 * pages written to the log for it, bytes on disk, and the time to read the last 50 rows of one account, and of one
 * account with one peer, common or rare. `node bench/store/layouts.ts [ACCOUNTS] [ROWS]`
 */
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

const ACCOUNTS = Number(process.argv[2] ?? 1000);
const ROWS = Number(process.argv[3] ?? 200_000);
const GROUP = 64;
const PEERS = 20;
const COLUMNS =
  'account integer not null, id integer not null, peer text not null, flags integer not null, stanza text';
const layouts: Record<string, { page?: number; schema: string[] }> = {
  'clustered by account': {
    schema: [`create table archive (${COLUMNS}, primary key (account, id)) without rowid`],
  },
  'clustered, index (account, peer, id)': {
    schema: [
      `create table archive (${COLUMNS}, primary key (account, id)) without rowid`,
      'create index by_peer on archive (account, peer, id)',
    ],
  },
  'in order of arrival, index (account, id)': {
    schema: [`create table archive (${COLUMNS})`, 'create index by_account on archive (account, id)'],
  },
  'in order of arrival, index (account, id, peer)': {
    schema: [`create table archive (${COLUMNS})`, 'create index by_account on archive (account, id, peer)'],
  },
  'in order of arrival, index (account, id, peer), peers by number': {
    schema: [
      `create table archive (${COLUMNS.replace('peer text', 'peer integer')})`,
      'create index by_account on archive (account, id, peer)',
    ],
  },
  'in order of arrival, (account, id) and (account, peer, id)': {
    schema: [
      `create table archive (${COLUMNS})`,
      'create index by_account on archive (account, id)',
      'create index by_peer on archive (account, peer, id)',
    ],
  },
};
for (const name of ['clustered by account', 'in order of arrival, index (account, id, peer)']) {
  for (const page of [2048, 8192]) layouts[`${name}, pages of ${page}`] = { page, schema: layouts[name]!.schema };
}

const STANZA = `<message xmlns='jabber:client' type='chat'><body>${'o'.repeat(340)}</body></message>`;
/** The last peer is met a hundred times less often than the others. */
const peer = (i: number): number => (i % (PEERS * 100) === 0 ? PEERS : i % PEERS);
const address = (number: number): string => `juliet${number}@example.test`;
const cpu = (): number => {
  const { user, system } = process.cpuUsage();
  return user + system;
};

const folder = mkdtempSync(join(tmpdir(), 'rollcall-layouts-'));
console.log(`${ACCOUNTS} accounts, ${ROWS} rows`);
console.log('us/row  log pages/row  bytes/row   account  peer  rare peer (us)');
for (const [name, { page = 4096, schema }] of Object.entries(layouts)) {
  const file = join(folder, `${name.replaceAll(/\W+/g, '-')}.db`);
  const db = new DatabaseSync(file);
  db.exec(`pragma page_size = ${page}; pragma journal_mode = wal; pragma synchronous = full;
    pragma cache_size = -4096; pragma wal_autocheckpoint = ${(16 << 20) / page}`);
  for (const sql of schema) db.exec(sql);
  const insert = db.prepare('insert into archive (account, id, peer, flags, stanza) values (?, ?, ?, ?, ?)');
  let id = 0;
  const peerValue = schema[0]!.includes('peer integer') ? (number: number) => number : address;
  const fill = (rows: number) => {
    for (const end = id + rows; id < end; ) {
      db.exec('begin immediate');
      for (let i = 0; i < GROUP; i++, id++) {
        insert.run(Math.imul(id, 7919) % ACCOUNTS, id, peerValue(peer(Math.floor(id / ACCOUNTS))), 1, STANZA);
      }
      db.exec('commit');
    }
  };
  fill(ROWS / 2);
  const from = cpu();
  fill(ROWS / 2);
  const perRow = (cpu() - from) / (ROWS / 2);
  db.exec('pragma wal_checkpoint(truncate); pragma wal_autocheckpoint = 0');
  fill(64 * GROUP);
  const pages = statSync(`${file}-wal`).size / page / (64 * GROUP);
  db.exec('pragma wal_checkpoint(truncate)');
  const timed = (sql: string, values: (string | number)[]): string => {
    const statement = db.prepare(sql);
    const started = cpu();
    for (let i = 0; i < 200; i++) statement.all(Math.imul(i, 7919) % ACCOUNTS, ...values);
    return ((cpu() - started) / 200).toFixed(0).padStart(7);
  };
  const byPeer = 'select * from archive where account = ? and peer = ? order by id desc limit 50';
  console.log(
    perRow.toFixed(1).padStart(6),
    pages.toFixed(2).padStart(10),
    (statSync(file).size / id).toFixed(0).padStart(13),
    timed('select * from archive where account = ? order by id desc limit 50', []),
    timed(byPeer, [peerValue(3)]),
    timed(byPeer, [peerValue(PEERS)]),
    `  ${name}`,
  );
  db.close();
  rmSync(file);
}
rmSync(folder, { recursive: true });
