/**
 * The log: one line of JSON per event, or lines for people on a terminal. Never what people say to each other, never a
 * password. An error is given as `{ err }`, an account as `{ account }`, a peer's address as `{ peer }`.
 */
import { createRequire } from 'node:module';
import pino from 'pino';
import type { build } from 'pino-pretty';
import type { LogFile } from './log-file.ts';
import { choice, flag, integer, settingsGroup, type Values } from './settings.ts';

export const logSettings = settingsGroup('log', {
  level: choice({
    values: ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'],
    default: 'info',
    help: 'The least severe events that are logged.',
  }),
  format: choice({
    values: ['auto', 'json', 'pretty'],
    default: 'auto',
    restart: true,
    help: 'One JSON object a line, or lines for people; auto is pretty on a terminal and JSON elsewhere.',
  }),
  file: flag({
    default: true,
    restart: true,
    help: 'Whether the log is also kept in the data folder, as logs/rollcall.log, one JSON object a line.',
  }),
  fileBytes: integer({
    default: 10_485_760,
    min: 65_536,
    max: 1_073_741_824,
    unit: 'bytes',
    help: 'When that file is full; another is begun then.',
  }),
  files: integer({
    default: 10,
    min: 2,
    max: 1000,
    unit: 'files',
    help: 'How many files of the log are kept, the one that is written to included.',
  }),
});

/** What the areas are given. `child` adds fields to all that is logged through it. */
export type Log = pino.Logger;

/** Fields that are hidden wherever an object with them is logged by mistake, itself or one level down. */
const HIDDEN_FIELDS = ['password', 'secret', 'token', 'authorization', 'cookie', 'body', 'privateKey', 'stanza'];

export interface LogOptions {
  level?: Values<typeof logSettings.shape>['level'];
  format?: Values<typeof logSettings.shape>['format'];
  /** Where the lines go; default standard error, so that what is printed for people can be told from it. */
  destination?: NodeJS.WritableStream & { isTTY?: boolean };
  /** Where they go besides, always as JSON. */
  file?: LogFile;
}

/**
 * Lines are written before the call returns when they go to a terminal or a file, so that a crash loses none; there is
 * no worker thread.
 */
export function createLog({ level = 'info', format = 'auto', destination, file }: LogOptions = {}): Log {
  const terminal = (destination ?? process.stderr).isTTY === true;
  const people = format === 'pretty' || (format === 'auto' && terminal);
  const options: pino.LoggerOptions = {
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
    redact: { paths: HIDDEN_FIELDS.flatMap((field) => [field, `*.${field}`]), censor: '(hidden)' },
  };
  const both = (shown: pino.DestinationStream) => {
    if (file === undefined) return shown;
    // Each takes whatever the logger lets through.
    return pino.multistream([shown, file].map((stream) => ({ stream, level: 'trace' as const })));
  };
  if (!people) return pino(options, both(destination ?? pino.destination({ fd: 2, sync: true })));
  // Loaded only where somebody looks: a server in the background is the smaller for it.
  const pretty: typeof build = createRequire(import.meta.url)('pino-pretty');
  const stream = pretty({
    colorize: terminal,
    translateTime: 'SYS:HH:MM:ss.l',
    ignore: 'pid,hostname',
    singleLine: true,
    sync: true,
    destination: destination ?? 2,
  });
  return pino(options, both(stream));
}

/** A log that says nothing, for tests and for commands. */
export function silentLog(): Log {
  return pino({ level: 'silent' });
}
