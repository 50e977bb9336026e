/** Looking into the store. */
import { z } from 'zod';
import { command } from './command.ts';
import { operationsOf } from './operations-of.ts';

const CHECK_SECONDS = 600;
const QUERY_LIMITS = { maxRows: 1000, maxSize: 1_000_000, seconds: 10 };

export const storeCheck = command({
  name: 'store.check',
  help: 'Reads all of the embedded store, and tells what is damaged in it.',
  role: 'operator',
  changes: false,
  input: z.strictObject({}),
  output: z.object({ kind: z.string(), faults: z.array(z.string()), tookMs: z.number() }),
  async run(context) {
    const { store } = operationsOf(context);
    const begun = performance.now();
    const faults = await store.faults(CHECK_SECONDS);
    return { kind: store.kind, faults, tookMs: Math.round(performance.now() - begun) };
  },
});

export const storeQuery = command({
  name: 'store.query',
  help: 'Answers one SELECT over the embedded store, within limits, without keys and without what people have written.',
  role: 'administrator',
  changes: false,
  input: z.strictObject({ sql: z.string().min(1).max(10_000) }),
  output: z.object({
    columns: z.array(z.string()),
    rows: z.array(z.array(z.union([z.string(), z.number(), z.null()]))),
    cut: z.boolean().describe('there is more than is shown'),
  }),
  async run(context, { sql }) {
    const { columns, rows, cut } = await operationsOf(context).store.query(sql, QUERY_LIMITS);
    // JSON has no bytes, so none are among them.
    return { columns, rows: rows as (string | number | null)[][], cut };
  },
});
