import type { Migration } from '../database.ts';

/**
 * Bulk administration. `bulk_jobs.done` is the number of the last row that is surely carried out, and moves on behind
 * the rows' own writes; `clean` says that nothing beyond it was begun. `bulk_lines` has the lines that were not taken,
 * until the job's log is written and as long as it is kept.
 */
export const bulk: Migration = {
  version: 13,
  name: 'bulk administration',
  statements: [
    `create table bulk_files (
      name text not null primary key,
      target text not null,
      transaction_name text not null,
      size integer not null,
      sha256 text not null,
      uploaded_by text not null,
      uploaded_at integer not null
    )`,
    `create table bulk_jobs (
      id integer primary key,
      transaction_name text not null,
      description text not null,
      file text not null,
      options text not null,
      dry_run integer not null,
      state text not null,
      result text not null,
      reason text not null,
      submitted_by text not null,
      submitted_at integer not null,
      due_at integer not null,
      sequence integer not null,
      frequency text not null,
      started_at integer not null,
      ended_at integer not null,
      total integer not null,
      done integer not null,
      failed integer not null,
      ignored integer not null,
      clean integer not null,
      sha256 text not null,
      log text not null,
      output text not null
    )`,
    'create index bulk_jobs_by_state on bulk_jobs (state, due_at)',
    `create table bulk_lines (
      job integer not null,
      row_number integer not null,
      line integer not null,
      kind text not null,
      subject text not null,
      other text not null,
      reason text not null,
      primary key (job, row_number)
    )`,
    `create table non_presence_contacts (
      account integer not null,
      contact text not null,
      group_name text not null,
      content_type text not null,
      version text not null,
      info text not null,
      primary key (account, contact, group_name)
    )`,
    'create index contacts_by_address on contacts (address)',
  ],
};
