import type { Migration } from '../database.ts';

/** What an account's owner wants kept (XEP-0441), as JSON: it is only ever read and written whole. */
export const archivePreferences: Migration = {
  version: 4,
  name: 'archive preferences',
  statements: [
    `create table archive_preferences (
      account integer primary key,
      preferences text not null
    )`,
  ],
};
