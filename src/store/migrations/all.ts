import type { Migration } from '../database.ts';
import { accounts } from './0001-accounts.ts';
import { contacts } from './0002-contacts.ts';
import { archive } from './0003-archive.ts';
import { archivePreferences } from './0004-archive-preferences.ts';
import { personal } from './0005-personal.ts';
import { digestCredentials } from './0006-digest-credentials.ts';
import { publications } from './0007-publications.ts';
import { bindings } from './0008-bindings.ts';
import { xcapDocuments } from './0009-xcap-documents.ts';
import { presenceRules } from './0010-presence-rules.ts';
import { directory } from './0011-directory.ts';
import { administration } from './0012-administration.ts';
import { bulk } from './0013-bulk.ts';
import { topology } from './0014-topology.ts';
import { endUsers } from './0015-end-users.ts';

/** In the order of their versions. */
export const migrations: readonly Migration[] = [
  accounts,
  contacts,
  archive,
  archivePreferences,
  personal,
  digestCredentials,
  publications,
  bindings,
  xcapDocuments,
  presenceRules,
  directory,
  administration,
  bulk,
  topology,
  endUsers,
];
