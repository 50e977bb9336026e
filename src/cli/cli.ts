/** What the commands of the command line share: where they print, and how they end. */
import { Failure } from '#base/failure.ts';

export const EXIT = { ok: 0, failed: 1, usage: 2 } as const;

/** Options that every command knows. */
export interface CommonOptions {
  data: string;
  json?: boolean;
}

/** Something that the person at the keyboard has to put right in what was typed. */
export class UsageError extends Error {}

/** Prints the result: as JSON where that was asked for, else as lines for people. */
export function print(options: { json?: boolean }, result: unknown, lines: () => string): void {
  process.stdout.write(options.json ? `${JSON.stringify(result, undefined, 2)}\n` : `${lines()}\n`);
}

/** Prints why it did not work. @returns the exit code */
export function printError(error: unknown, json: boolean): number {
  const message = error instanceof Error ? error.message : String(error);
  if (json) {
    const kind = error instanceof Failure ? { kind: error.kind } : {};
    process.stdout.write(`${JSON.stringify({ error: message, ...kind }, undefined, 2)}\n`);
  } else {
    process.stderr.write(`rollcall: ${message.replaceAll('\n', '\n          ')}\n`);
  }
  // What is no Failure is a mistake of ours; its place helps whoever reports it.
  const expected = error instanceof Failure || error instanceof UsageError;
  if (!expected && !json && error instanceof Error) process.stderr.write(`${error.stack}\n`);
  return error instanceof UsageError ? EXIT.usage : EXIT.failed;
}

/** Columns as wide as their widest cell. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column]!))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
