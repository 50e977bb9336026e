import { setImmediate as turn } from 'node:timers/promises';
import { type CsvEvent, type CsvLimits, CsvReader } from './csv-reader.ts';
import type { RowWork } from './transaction.ts';

/** A line of data: its cells, or what is wrong with it. */
export interface DataRow {
  /** From 1; a header has none. */
  readonly row: number;
  /** Line of the file. */
  readonly line: number;
  readonly cells: readonly string[] | undefined;
  readonly malformed: string;
}

/**
 * The lines of data of a file, read as they are asked for.
 * @throws {Failure} what `header` throws; 'over-limit' for more lines than are allowed
 */
export async function* dataRows(
  pieces: AsyncIterable<Uint8Array>,
  work: Pick<RowWork, 'header'>,
  limits: Partial<CsvLimits>,
  tooMany: (reason: string) => Error,
): AsyncGenerator<DataRow> {
  let row = 0;
  let isFirst = true;
  for await (const event of csvEvents(pieces, limits)) {
    if ('malformed' in event) {
      if (event.isLast) throw tooMany(event.malformed);
      isFirst = false;
      yield { row: ++row, line: event.line, cells: undefined, malformed: event.malformed };
      continue;
    }
    const isHeader = isFirst && work.header(event.cells);
    isFirst = false;
    if (!isHeader) yield { row: ++row, line: event.line, cells: event.cells, malformed: '' };
  }
}

async function* csvEvents(pieces: AsyncIterable<Uint8Array>, limits: Partial<CsvLimits>): AsyncGenerator<CsvEvent> {
  const reader = new CsvReader(limits);
  for await (const piece of pieces) {
    yield* reader.feed(piece);
    // Others have their turn between two pieces.
    await turn();
  }
  yield* reader.end();
}
