/**
 * A process that appends rows to a SQLite file and prints the number of each that was settled, `failing REASON` and `ok`
 * as the store's health turns. Arguments: the file, and characters of a row.
 */
import { writeSync } from 'node:fs';
import { openSqlite } from '#store/sqlite.ts';

const [file, width] = process.argv.slice(2);
const say = (line: string): number => writeSync(1, `${line}\n`);
const db = await openSqlite(file!);
await db.write({ sql: 'create table if not exists notes (id integer not null primary key, body text not null)' });
db.onHealth(({ state, reason }) => say(reason === undefined ? state : `${state} ${reason}`));

const body = 'x'.repeat(Number(width));
for (let id = 1; ; ) {
  const ids = Array.from({ length: 20 }, () => id++);
  const commits = ids.map((own) => db.append('insert into notes (id, body) values (?, ?)', [own, body]));
  // Written before anything else can happen: a line that is there was settled.
  commits[0]!.onSettled(() => {
    if (commits[0]!.state === 'done') say(ids.join('\n'));
  });
  await commits[0]!.settled().catch(() => new Promise((resolve) => setTimeout(resolve, 50)));
}
