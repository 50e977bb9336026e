/** Users selected by what they are: update, delete, export. */
import { z } from 'zod';
import { Failure } from '#base/failure.ts';
import type { DirectoryObject, Fields } from '#directory/object.ts';
import { checkedBy } from './options.ts';
import { type Outcome, type RowWork, type Run, type Transaction, userWords } from './transaction.ts';
import { columnNamed, EXPORT_COLUMNS, namesOf, readCell, writeCell } from './user-columns.ts';
import { directoryOf, outcomeOf, updateUser } from './user-edits.ts';
import { UserDelete } from './user-files.ts';

const OPERATORS = ['begins with', 'contains', 'ends with', 'is exactly', 'is not empty', 'is empty'] as const;
const CONDITION = /^(.+?) (begins with|contains|ends with|is exactly|is not empty|is empty)(?: (.*))?$/i;

interface Condition {
  readonly field: string;
  readonly operator: (typeof OPERATORS)[number];
  readonly value: string;
}

const where = z
  .array(z.string())
  .max(10)
  .default([])
  .transform((texts) => texts.map(readCondition));
const WHICH = 'say which users: where=DEPARTMENT is exactly Sales';
const narrowed = z.array(z.string(), WHICH).min(1, WHICH).max(10);
const help = `Option where: a column, one of ${OPERATORS.join(', ')}, and a value; all of several hold.`;

export const updateUsersByQuery: Transaction = {
  name: 'update-users-query',
  target: 'Users',
  title: 'Update Users - Query',
  help: `Changes users who are selected. ${help} Option set: COLUMN=value; empty empties.`,
  words: userWords('updated'),
  checkOptions: checkedBy(
    z.strictObject({
      where: narrowed.transform((texts) => texts.map(readCondition)),
      set: z.array(z.string()).min(1, 'say what changes: set=HOME CLUSTER=t').max(40).transform(readChanges),
    }),
  ),
  work: { kind: 'query', select, begin: (run) => new QueryUpdate(run) },
};

export const deleteUsersByQuery: Transaction = {
  name: 'delete-users-query',
  target: 'Users',
  title: 'Delete Users - Query',
  help: `Removes users who are selected. ${help}`,
  words: userWords('deleted'),
  checkOptions: checkedBy(z.strictObject({ where: narrowed.transform((texts) => texts.map(readCondition)) })),
  work: { kind: 'query', select, begin: (run) => new SelectedDelete(run) },
};

export const exportUsers: Transaction = {
  name: 'export-users',
  target: 'Users',
  title: 'Export Users',
  help: `Writes users without their secrets. ${help}`,
  words: userWords('exported'),
  checkOptions: checkedBy(z.strictObject({ where })),
  work: { kind: 'export', rows: exportRows },
};

export const exportCupUsers: Transaction = {
  name: 'export-cup-users',
  target: 'CUP Users',
  title: 'Export CUP Users',
  help: `Writes who is enabled for presence. ${help}`,
  words: userWords('exported'),
  checkOptions: checkedBy(z.strictObject({ where })),
  work: { kind: 'export', rows: cupRows },
};

class QueryUpdate implements RowWork {
  readonly #run: Run;

  constructor(run: Run) {
    this.#run = run;
  }

  header(): boolean {
    return false;
  }

  lane([userid = '']: readonly string[]): string {
    return userid;
  }

  row([userid = '']: readonly string[]): Promise<Outcome> {
    const { world, options, isDryRun } = this.#run;
    const { fields, node } = options.set as Changes;
    return outcomeOf(userid, () => updateUser(directoryOf(world), { userid, fields, node }, isDryRun));
  }
}

class SelectedDelete extends UserDelete {
  override header(): boolean {
    return false;
  }
}

/** Ids of those for whom all conditions hold. */
async function* select(run: Run): AsyncGenerator<readonly string[]> {
  for await (const { name } of selected(run)) yield [name];
}

async function* selected({ world, options }: Run): AsyncGenerator<DirectoryObject> {
  const conditions = options.where as readonly Condition[];
  for await (const user of directoryOf(world).iterate('User')) {
    if (conditions.every((condition) => holds(condition, user.fields))) yield user;
  }
}

function holds({ field, operator, value }: Condition, fields: Fields): boolean {
  const text = writeCell(fieldOf(field), fields).toLowerCase();
  const sought = value.toLowerCase();
  switch (operator) {
    case 'begins with':
      return text.startsWith(sought);
    case 'contains':
      return text.includes(sought);
    case 'ends with':
      return text.endsWith(sought);
    case 'is exactly':
      return text === sought;
    case 'is empty':
      return text === '';
    case 'is not empty':
      return text !== '';
  }
}

/** @throws {Failure} 'malformed' */
function fieldOf(name: string): ReturnType<typeof columnNamed> {
  const found = columnNamed(name);
  if (found.field !== '' && found.form !== 'secret' && found.form !== 'list') return found;
  throw new Failure('malformed', `users are not selected by ${name}`);
}

/** @throws {Failure} 'malformed' */
function readCondition(text: string): Condition {
  const [, field = '', operator = '', value = ''] = CONDITION.exec(text) ?? [];
  if (operator === '') throw new Failure('malformed', `${text.slice(0, 80)} has none of: ${OPERATORS.join(', ')}`);
  fieldOf(field);
  return { field, operator: operator.toLowerCase() as Condition['operator'], value: value.trim() };
}

interface Changes {
  readonly fields: Fields;
  readonly node: string | undefined;
}

/** @throws {Failure} 'malformed' */
function readChanges(texts: readonly string[]): Changes {
  const fields: Record<string, Fields[string]> = {};
  let node: string | undefined;
  for (const text of texts) {
    const at = text.indexOf('=');
    if (at < 1) throw new Failure('malformed', `a change is written as COLUMN=value, not ${text.slice(0, 80)}`);
    const { field, form } = columnNamed(text.slice(0, at));
    if (field === 'userid' || form === 'secret' || form === 'none') {
      throw new Failure('malformed', `${text.slice(0, at)} is not changed for many users at once`);
    }
    const cell = text.slice(at + 1).trim();
    const value = readCell(form, cell, fields[field]);
    if (value === undefined) throw new Failure('malformed', `${cell.slice(0, 80)} is no value of ${text.slice(0, at)}`);
    if (form === 'node') node = cell;
    else fields[field] = value;
  }
  return { fields, node };
}

async function* exportRows(run: Run): AsyncGenerator<readonly string[]> {
  // The header has a column for each device and group that anybody has: looked at first.
  let [devices, groups] = [1, 1];
  for await (const { fields } of selected(run)) {
    devices = Math.max(devices, namesOf(fields, 'associatedDevices').length);
    groups = Math.max(groups, namesOf(fields, 'associatedGroups').length);
  }
  const numbered = (name: string, count: number) => Array.from({ length: count }, (_, i) => `${name} ${i + 1}`);
  yield [
    ...EXPORT_COLUMNS.map(({ name }) => name),
    ...numbered('CONTROLLED DEVICE', devices),
    ...numbered('ACCESS CONTROL GROUP', groups),
  ];
  const nodes = await assignedNodes(run);
  const padded = (names: string[], count: number) => Array.from({ length: count }, (_, i) => names[i] ?? '');
  for await (const { name, fields } of selected(run)) {
    yield [
      ...EXPORT_COLUMNS.map((column) => (column.form === 'node' ? (nodes.get(name) ?? '') : writeCell(column, fields))),
      ...padded(namesOf(fields, 'associatedDevices'), devices),
      ...padded(namesOf(fields, 'associatedGroups'), groups),
    ];
  }
}

async function assignedNodes({ world }: Run): Promise<Map<string, string>> {
  const assigned = await directoryOf(world).listPresence('assigned', { userid: '%' });
  return new Map(assigned.map(({ userid, server }) => [userid, server?.name ?? '']));
}

async function* cupRows(run: Run): AsyncGenerator<readonly string[]> {
  yield ['USER ID', 'ENABLE PRESENCE', 'ENABLE CLIENT'];
  for await (const { name, fields } of selected(run)) {
    const flag = fields.imAndPresenceEnable === true ? 't' : 'f';
    yield [name, flag, flag];
  }
}
