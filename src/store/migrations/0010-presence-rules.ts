import type { Migration } from '../database.ts';

/**
 * What people have decided about who sees which part of their presence, beyond contact list and block list. JSON: it is
 * only ever read and written whole.
 */
export const presenceRules: Migration = {
  version: 10,
  name: 'presence rules',
  statements: [
    `create table presence_rules (
      account integer not null primary key,
      rules text not null
    )`,
  ],
};
