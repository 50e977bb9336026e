/** The kinds of jobs that there are, in the order in which they are shown. */
import { exportContacts } from './export-contacts.ts';
import { importContacts } from './import-contacts.ts';
import { exportNonPresenceContacts, importNonPresenceContacts } from './non-presence-contacts.ts';
import { renameContacts } from './rename-contacts.ts';
import type { Transaction } from './transaction.ts';
import { deleteUsers, insertUsers, updateCupUsers, updateUsers } from './user-files.ts';
import { deleteUsersByQuery, exportCupUsers, exportUsers, updateUsersByQuery } from './user-query.ts';

export const allTransactions: readonly Transaction[] = [
  importContacts,
  exportContacts,
  importNonPresenceContacts,
  exportNonPresenceContacts,
  renameContacts,
  insertUsers,
  updateUsers,
  updateUsersByQuery,
  deleteUsers,
  deleteUsersByQuery,
  exportUsers,
  updateCupUsers,
  exportCupUsers,
];
