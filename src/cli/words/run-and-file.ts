/** `run sql` and `file`: looking into the store and the log. */
import { closeSync, openSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { Failure } from '#base/failure.ts';
import { logFiles, logRead } from '#commands/log-files.ts';
import { storeQuery } from '#commands/store.ts';
import { ctime } from '#time/ntp-status.ts';
import { runCommand } from '../run-command.ts';
import type { Verb } from './grammar.ts';
import { printable, ruledTable } from './shapes.ts';

/** What `tail` shows without a number, and what it reads at most. */
const TAIL_LINES = 20;
const TAIL_BYTES = 262_144;
/** What `view` shows at most; a longer file is got. */
const VIEW_BYTES = 4 << 20;

export const RUN_AND_FILE: readonly Verb[] = [
  {
    path: 'run sql <statement...>',
    help: 'ask the store with a SELECT; without keys and without what people have written',
    async run({ data, args }) {
      const result = await runCommand(data, storeQuery, { sql: args.statement });
      const { columns, rows, cut } = result;
      const cells = rows.map((row) => row.map((value) => printable(value === null ? 'NULL' : String(value))));
      const more = cut ? ['', `There is more: the first ${rows.length} rows are shown.`] : [];
      return { result, text: [ruledTable(columns, cells), ...more].join('\n') };
    },
  },
  {
    path: 'file list activelog [pattern]',
    help: 'the files of the log; * stands for anything',
    async run({ data, args: { pattern = '*' } }) {
      const wanted = asPattern(pattern);
      const result = (await runCommand(data, logFiles, {})).filter(({ name }) => wanted.test(name));
      const rows = result.map(({ name, bytes, changedAt }) => [ctime(changedAt), String(bytes), printable(name)]);
      const none = 'No files were found; the setting log.file says whether the log is kept in files.';
      const counted = `dir count = 0, file count = ${result.length}`;
      if (rows.length === 0) return { result, text: none };
      return { result, text: `${ruledTable(['Date', 'Bytes', 'File'], rows)}\n\n${counted}` };
    },
  },
  {
    path: 'file view activelog <file>',
    help: 'a file of the log, in pages',
    async run({ data, args: { file = '' } }) {
      const parts: Buffer[] = [];
      for (let from = 0; ; ) {
        const piece = await runCommand(data, logRead, { name: file, from });
        parts.push(Buffer.from(piece.base64, 'base64'));
        if (piece.size > VIEW_BYTES)
          throw new Failure('over-limit', `${file} is too long to view; use "file get activelog"`);
        if (piece.next >= piece.size || piece.next === from) break;
        from = piece.next;
      }
      const text = Buffer.concat(parts).toString().trimEnd();
      return { result: { file, text }, text: text.split('\n').map(printable).join('\n') };
    },
  },
  {
    path: 'file tail activelog <file> [lines]',
    help: 'the end of a file of the log',
    async run({ data, args: { file = '', lines = String(TAIL_LINES) } }) {
      const count = Number(lines);
      if (!Number.isInteger(count) || count < 1) throw new Failure('malformed', `${lines} is no number of lines`);
      const piece = await runCommand(data, logRead, { name: file, from: -TAIL_BYTES });
      const all = Buffer.from(piece.base64, 'base64').toString().trimEnd().split('\n');
      const text = all.slice(-count).map(printable).join('\n');
      return { result: { file, lines: all.slice(-count) }, text };
    },
  },
  {
    path: 'file get activelog <file> <folder>',
    help: 'copy a file of the log into a folder of this machine',
    async run({ data, args: { file = '', folder = '' } }) {
      if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) {
        throw new Failure('not-found', `${folder} is no folder`);
      }
      const first = await runCommand(data, logRead, { name: file });
      const path = join(folder, file);
      const handle = create(path);
      let written = 0;
      try {
        for (let piece = first; ; piece = await runCommand(data, logRead, { name: file, from: piece.next })) {
          written += writeSync(handle, Buffer.from(piece.base64, 'base64'));
          if (piece.next >= piece.size || piece.base64 === '') break;
        }
      } finally {
        closeSync(handle);
      }
      return { result: { path, bytes: written }, text: `${path}: ${written} bytes` };
    },
  },
];

function create(path: string): number {
  try {
    return openSync(path, 'wx', 0o600);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') throw new Failure('conflict', `${path} is there already; name another folder`);
    throw new Failure('forbidden', `${path} cannot be written: ${message}`);
  }
}

function asPattern(pattern: string): RegExp {
  return new RegExp(`^${pattern.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.*')}$`);
}
