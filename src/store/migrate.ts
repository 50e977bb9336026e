import { createHash } from 'node:crypto';
import type { Clock } from '#base/clock.ts';
import { Failure } from '#base/failure.ts';
import type { Database, Migration } from './database.ts';

const TABLE = `create table if not exists migrations
  (version integer not null primary key, name text not null, checksum text not null, applied_at integer not null)`;

interface Applied {
  version: number;
  name: string;
  checksum: string;
}

/**
 * Applies the migrations that are missing, each in one transaction with the row that says so. Several servers may start
 * at once: that row can be there once only, so one of them does it and the others find it done.
 * @throws {Failure} 'store-failing' when the data are of a newer release, or of one with other migrations
 */
export async function migrate(database: Database, migrations: readonly Migration[], clock: Clock): Promise<void> {
  checkNumbers(migrations);
  await ignoringConflict(database.write({ sql: TABLE }));
  for (;;) {
    const applied = await readApplied(database);
    compare(applied, migrations);
    const next = migrations[applied.length];
    if (next === undefined) return;
    const row = [next.version, next.name, checksum(next), clock.now()];
    await ignoringConflict(
      database.write(
        { sql: 'insert into migrations (version, name, checksum, applied_at) values (?, ?, ?, ?)', values: row },
        ...next.statements.map((sql) => ({ sql })),
      ),
      // What another server does at the same time is visible once its transaction has ended, which the insert awaits.
      async () => (await readApplied(database)).length > applied.length,
    );
  }
}

/** Of name and statements, whatever their white space: a formatter may touch the file. */
export function checksum({ name, statements }: Migration): string {
  const text = [name, ...statements].map((part) => part.replace(/\s+/g, ' ').trim()).join(';\n');
  return createHash('sha256').update(text).digest('hex');
}

function checkNumbers(migrations: readonly Migration[]): void {
  migrations.forEach(({ version, name }, i) => {
    if (version !== i + 1)
      throw new Error(`migration "${name}" has number ${version}, but is the ${i + 1}. in the list`);
  });
}

function compare(applied: readonly Applied[], migrations: readonly Migration[]): void {
  const newest = applied.at(-1)?.version ?? 0;
  if (newest > migrations.length) {
    throw refuse(
      `this data was written by a newer release (schema ${newest}, this release knows ${migrations.length}): ` +
        'start that release or restore a backup',
    );
  }
  applied.forEach(({ version, name, checksum: was }, i) => {
    const known = migrations[i]!;
    if (version !== i + 1) throw refuse(`the data lack migration ${i + 1} "${known.name}": restore a backup`);
    if (was !== checksum(known)) {
      throw refuse(
        `migration ${version} "${name}" of the data is not the "${known.name}" of this release: ` +
          'start the release that wrote the data',
      );
    }
  });
}

const refuse = (message: string): Failure => new Failure('store-failing', message);

async function readApplied(database: Database): Promise<Applied[]> {
  const rows = await database.read('select version, name, checksum from migrations order by version');
  return rows as unknown as Applied[];
}

/** @param excused  says whether the conflict is explained by another server's work; without it, it always is */
async function ignoringConflict(work: Promise<unknown>, excused = async () => true): Promise<void> {
  try {
    await work;
  } catch (error) {
    if (error instanceof Failure && error.kind === 'conflict' && (await excused())) return;
    throw error;
  }
}
