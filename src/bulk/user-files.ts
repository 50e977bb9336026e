/** Users from files: insert, update, delete, and the switch of releases before 10. */
import { z } from 'zod';
import type { Directory } from '#directory/directory.ts';
import { DirectoryError } from '#directory/directory-error.ts';
import { isHeader } from './header.ts';
import { checkedBy, noOptions, once } from './options.ts';
import { type Outcome, type RowWork, type Run, type Transaction, userWords } from './transaction.ts';
import { readCell, UserColumns, type UserRow } from './user-columns.ts';
import { addUser, directoryOf, existingUser, outcomeOf, updateUser } from './user-edits.ts';

const STANDARD_PRESENCE_GROUP = 'Standard Presence group';

export const insertUsers: Transaction = {
  name: 'insert-users',
  target: 'Users',
  title: 'Insert Users',
  help: 'Adds users. With a header that has USER ID and LAST NAME, or 13 columns in the order of releases before 10.',
  words: userWords('inserted'),
  checkOptions: noOptions,
  work: { kind: 'file', begin: (run) => new UserInsert(run) },
};

export const updateUsers: Transaction = {
  name: 'update-users',
  target: 'Users',
  title: 'Update Users - Custom File',
  help: 'Changes users. With a header that has USER ID, or 38 columns. Option retain: a cell that leaves what is there, default #.',
  words: userWords('updated'),
  checkOptions: checkedBy(z.strictObject({ retain: once.default('#') })),
  work: { kind: 'file', begin: (run) => new UserUpdate(run) },
};

export const deleteUsers: Transaction = {
  name: 'delete-users',
  target: 'Users',
  title: 'Delete Users - Custom File',
  help: 'Removes users. One column, USER ID; a header may be there.',
  words: userWords('deleted'),
  checkOptions: noOptions,
  work: { kind: 'file', begin: (run) => new UserDelete(run) },
};

export const updateCupUsers: Transaction = {
  name: 'update-cup-users',
  target: 'CUP Users',
  title: 'Update CUP Users - Custom File',
  help: 'Enables users for presence. Columns: USER ID, ENABLE PRESENCE, ENABLE CLIENT.',
  words: userWords('updated'),
  checkOptions: noOptions,
  work: { kind: 'file', begin: (run) => new CupUserUpdate(run) },
};

abstract class UserWork implements RowWork {
  protected readonly directory: Directory;
  protected readonly isDryRun: boolean;
  protected readonly options: Run['options'];

  constructor({ world, isDryRun, options }: Run) {
    this.directory = directoryOf(world);
    this.isDryRun = isDryRun;
    this.options = options;
  }

  abstract header(cells: readonly string[]): boolean;
  abstract row(cells: readonly string[], isRepeated: boolean): Promise<Outcome>;

  /** The user's id. */
  lane([userid = '']: readonly string[]): string {
    return userid.trim().toLowerCase();
  }
}

class UserUpdate extends UserWork {
  #columns = UserColumns.update;

  header(cells: readonly string[]): boolean {
    const columns = UserColumns.fromHeader(cells);
    if (columns !== undefined) this.#columns = columns;
    return columns !== undefined;
  }

  override lane(cells: readonly string[]): string {
    return this.#columns.useridIn(cells).toLowerCase();
  }

  async row(cells: readonly string[]): Promise<Outcome> {
    const retain = String(this.options.retain);
    const row = this.#columns.read(cells, retain === '' ? undefined : retain);
    if ('reason' in row) return { user: '', other: '', reason: row.reason };
    return outcomeOf(row.userid, () => updateUser(this.directory, row, this.isDryRun));
  }
}

class UserInsert extends UserWork {
  #columns = UserColumns.insert;

  header(cells: readonly string[]): boolean {
    const columns = UserColumns.fromHeader(cells);
    if (columns !== undefined) this.#columns = columns;
    return columns !== undefined;
  }

  override lane(cells: readonly string[]): string {
    return this.#columns.useridIn(cells).toLowerCase();
  }

  async row(cells: readonly string[], isRepeated: boolean): Promise<Outcome> {
    const read = this.#columns.read(cells, undefined);
    if ('reason' in read) return { user: '', other: '', reason: read.reason };
    // Nothing is emptied of somebody who is new: what is not said is as it is by itself.
    const said = Object.entries(read.fields).filter(([, value]) => value !== '' && value !== null);
    const row: UserRow = {
      ...read,
      fields: { presenceGroupName: STANDARD_PRESENCE_GROUP, ...Object.fromEntries(said) },
    };
    return outcomeOf(row.userid, () => this.#add(row, isRepeated));
  }

  async #add(row: UserRow, isRepeated: boolean): Promise<void> {
    try {
      await addUser(this.directory, row, this.isDryRun);
    } catch (error) {
      const isThere = error instanceof DirectoryError && error.code === -239 && isRepeated;
      const known = isThere ? await this.directory.get('User', { name: row.userid }) : undefined;
      // Made by the run that was killed, before it could write that down.
      if (known === undefined || known.fields.lastName !== row.fields.lastName) throw error;
      if (row.node) await this.directory.assignPresence(row.userid, row.node);
    }
  }
}

/** Also what a query has selected. */
export class UserDelete extends UserWork {
  header(cells: readonly string[]): boolean {
    return isHeader(cells, ['USER ID'], 1);
  }

  async row(cells: readonly string[], isRepeated: boolean): Promise<Outcome> {
    const userid = cells[0]!.trim();
    if (cells.length !== 1) return invalid(userid, `${cells.length} columns instead of 1`);
    if (userid === '') return invalid('', 'USER ID is empty');
    return outcomeOf(userid, () => this.#remove(userid, isRepeated));
  }

  async #remove(userid: string, isRepeated: boolean): Promise<void> {
    try {
      const { fields } = await existingUser(this.directory, userid);
      if (fields.ldapDirectoryName) {
        throw new DirectoryError('forbidden', 5003, 'User: comes from LDAP and is removed there');
      }
      if (!this.isDryRun) await this.directory.remove('User', { name: userid });
    } catch (error) {
      if (!(isRepeated && error instanceof DirectoryError && error.code === 5007)) throw error;
    }
  }
}

class CupUserUpdate extends UserWork {
  header(cells: readonly string[]): boolean {
    return isHeader(cells, ['USER ID', 'ENABLE PRESENCE', 'ENABLE CLIENT'], 3);
  }

  async row(cells: readonly string[]): Promise<Outcome> {
    const [userid = '', presence = '', client = ''] = cells.map((cell) => cell.trim());
    if (cells.length !== 3) return invalid(userid, `${cells.length} columns instead of 3`);
    if (userid === '') return invalid('', 'USER ID is empty');
    const [isPresence, isClient] = [readCell('flag', presence), readCell('flag', client)];
    if (typeof isPresence !== 'boolean') return invalid(userid, 'ENABLE PRESENCE is not t or f');
    if (typeof isClient !== 'boolean') return invalid(userid, 'ENABLE CLIENT is not t or f');
    // The client has had no switch of its own since 9.0; the rule of the two is kept.
    if (isClient && !isPresence) return invalid(userid, 'ENABLE CLIENT needs ENABLE PRESENCE');
    const row = { userid, fields: { imAndPresenceEnable: isPresence }, node: undefined };
    return outcomeOf(userid, () => updateUser(this.directory, row, this.isDryRun));
  }
}

function invalid(user: string, fault: string): Outcome {
  return { user, other: '', reason: `Invalid format: ${fault}` };
}
