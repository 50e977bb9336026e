import { randomBytes } from 'node:crypto';
import type { Database, Row } from '#store/database.ts';
import type { Change, ChangeList } from './object.ts';

/** Rows that are kept; who has not asked for so long reads everything anew. */
const MAX_CHANGES = 100_000;
/** How many more may be there before the oldest are dropped. */
const MAX_SLACK = 1000;
/** What one answer tells; who asks goes on where it ended. */
const PAGE = 2000;

const BOUNDS = `select coalesce(min(id), 1) as first_id, coalesce(max(id), 0) as last_id, count(*) as n
  from directory_changes`;
const SELECT = `select id, action, kind, uuid, tags, do_get from directory_changes where id >= ? order by id limit ${PAGE}`;
const NEW_QUEUE = `insert into directory_queue (id, queue_id) values (1, ?)
  on conflict (id) do update set queue_id = excluded.queue_id`;

/** Where somebody stands in the queue. */
export interface ChangeCursor {
  readonly queueId: string;
  readonly startChangeId: number;
}

/**
 * All changes of objects, in the order of their commits. The queue outlives the process; it is another one, with another
 * id, when it was lost or made anew, so that nobody goes on in it as if nothing were the matter.
 */
export class ChangeQueue {
  readonly #database: Database;
  readonly #max: number;
  readonly #slack: number;
  #queueId = '';
  #lastTrimmed = 0;
  #listeners = new Set<(change: Change) => void>();

  constructor(database: Database, max = MAX_CHANGES) {
    this.#database = database;
    this.#max = max;
    this.#slack = Math.min(MAX_SLACK, max);
  }

  async start(): Promise<void> {
    const [queue, bounds] = await this.#database.readAll([
      { sql: 'select queue_id from directory_queue where id = 1' },
      { sql: BOUNDS },
    ]);
    const known = queue![0]?.queue_id;
    if (known === undefined || Number(bounds![0]!.n) === 0) await this.renew();
    else this.#queueId = String(known);
  }

  /** Has everybody read everything anew: the objects are other ones, as from a backup. */
  async renew(): Promise<void> {
    const queueId = randomBytes(6).toString('base64url');
    await this.#database.write({ sql: NEW_QUEUE, values: [queueId] });
    this.#queueId = queueId;
  }

  /** @returns how to stop */
  onChange(listener: (change: Change) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Tells of changes that are on disk. @param rows what their inserts gave back */
  tell(rows: readonly Row[]): void {
    for (const row of rows) {
      const change = readChange(row);
      for (const listener of this.#listeners) {
        try {
          listener(change);
        } catch (error) {
          // What is done is done: the others are told all the same, and the process hears of it as of any uncaught error.
          queueMicrotask(() => {
            throw error;
          });
        }
      }
      if (change.id - this.#lastTrimmed >= this.#slack) this.#trim(change.id);
    }
  }

  async read(from?: ChangeCursor, kinds?: readonly Change['kind'][]): Promise<ChangeList> {
    const [rows, bounds] = await this.#database.readAll([
      { sql: SELECT, values: [from?.startChangeId ?? Number.MAX_SAFE_INTEGER] },
      { sql: BOUNDS },
    ]);
    const { first_id, last_id } = bounds![0]!;
    const [firstChangeId, lastChangeId] = [Number(first_id), Number(last_id)];
    const queue = { queueId: this.#queueId, firstChangeId, lastChangeId };
    const reset = from !== undefined && !this.#isKnown(from, firstChangeId, lastChangeId);
    if (from === undefined || reset) return { ...queue, nextStartChangeId: lastChangeId + 1, changes: [], reset };
    const changes = rows!.map(readChange);
    const next = (changes.at(-1)?.id ?? from.startChangeId - 1) + 1;
    const wanted = kinds === undefined ? changes : changes.filter(({ kind }) => kinds.includes(kind));
    return { ...queue, nextStartChangeId: next, changes: wanted, reset };
  }

  #isKnown({ queueId, startChangeId }: ChangeCursor, firstId: number, lastId: number): boolean {
    return queueId === this.#queueId && startChangeId >= firstId && startChangeId <= lastId + 1;
  }

  #trim(lastId: number): void {
    this.#lastTrimmed = lastId;
    if (lastId <= this.#max) return;
    // Nobody waits for it: what fails is made good by the next time.
    this.#database.append('delete from directory_changes where id <= ?', [lastId - this.#max]);
  }
}

function readChange(row: Row): Change {
  return {
    id: Number(row.id),
    action: row.action as Change['action'],
    kind: row.kind as Change['kind'],
    uuid: String(row.uuid),
    changedTags: JSON.parse(String(row.tags)),
    doGet: row.do_get === 1,
  };
}
