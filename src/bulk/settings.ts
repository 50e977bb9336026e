import { integer, settingsGroup, text, type Values } from '#base/settings.ts';

/** The most that a step may hold, which is also what is looked at twice after a kill. */
export const MAX_RECORDS_PER_STEP = 1000;

export const bulkSettings = settingsGroup('bulk', {
  recordsPerStep: integer({
    default: 100,
    min: 1,
    max: MAX_RECORDS_PER_STEP,
    unit: 'lines',
    help: 'After so many lines a bulk job writes down how far it is, and looks whether it is to stop.',
  }),
  concurrentWrites: integer({
    default: 16,
    min: 1,
    max: 256,
    unit: 'people',
    help: 'Of how many people lines are worked on side by side. Lines about one person keep their order.',
  }),
  linesPerSecond: integer({
    default: 0,
    min: 0,
    max: 100_000,
    unit: 'lines',
    help: 'A bulk job works on so many lines in a second at most; 0: as many as it can.',
  }),
  maxFileBytes: integer({
    default: 100_000_000,
    min: 1000,
    max: 1_000_000_000,
    unit: 'bytes',
    help: 'The largest file that may be uploaded.',
  }),
  maxLines: integer({
    default: 1_000_000,
    min: 1,
    max: 10_000_000,
    unit: 'lines',
    help: 'How many lines one file may have.',
  }),
  maxFiles: integer({
    default: 1000,
    min: 1,
    max: 100_000,
    unit: 'files',
    help: 'How many uploaded files are kept at a time; delete some to upload others.',
  }),
  keepDays: integer({
    default: 90,
    min: 1,
    max: 3650,
    unit: 'days',
    help: 'How long ended jobs, with their logs and files, are kept.',
  }),
  defaultGroup: text({
    default: 'Contacts',
    pattern: /^[^\p{C}]{1,255}$/u,
    expects: 'a name of 1 to 255 characters',
    help: 'What contacts that are in no group are exported under; imported under it, they are in no group.',
  }),
});

export type BulkSettings = Readonly<Values<typeof bulkSettings.shape>>;
