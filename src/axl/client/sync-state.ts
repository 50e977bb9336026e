import { z } from 'zod';
import type { Database } from '#store/database.ts';

const schema = z.object({
  cursor: z.object({ queueId: z.string(), startChangeId: z.number() }).optional(),
  comparedAt: z.number().optional(),
});

/** How far a Unified CM has been followed. */
export type SyncState = z.infer<typeof schema>;

/** @param source which Unified CM: what was read of another one says nothing of this one */
export async function readSyncState(database: Database, source: string): Promise<SyncState> {
  const [row] = await database.read('select state from sync_states where source = ?', [source]);
  if (row === undefined) return {};
  try {
    return schema.parse(JSON.parse(String(row.state)));
  } catch {
    return {};
  }
}

export async function writeSyncState(database: Database, source: string, state: SyncState): Promise<void> {
  await database.write({
    sql: 'insert into sync_states (source, state) values (?, ?) on conflict (source) do update set state = excluded.state',
    values: [source, JSON.stringify(state)],
  });
}
