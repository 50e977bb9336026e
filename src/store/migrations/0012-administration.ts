import type { Migration } from '../database.ts';

/**
 * Who may administer what, the tokens of programs that do, the record of what was done, and what administrators have to say. The rows of the audit log
 * are numbered by who writes them, without gaps: each holds a hash over itself and the row before.
 */
export const administration: Migration = {
  version: 12,
  name: 'administration',
  statements: [
    `create table role_assignments (
      account integer not null,
      role text not null,
      primary key (account, role)
    )`,
    `create table api_tokens (
      name text not null primary key,
      hash blob not null unique,
      role text not null,
      created_at integer not null,
      expires_at integer not null,
      last_used_at integer not null
    )`,
    `create table audit_log (
      id integer not null primary key,
      at integer not null,
      begins integer not null,
      caller text not null,
      face text not null,
      command text not null,
      subject text not null,
      outcome text not null,
      detail text not null,
      hash blob not null
    )`,
    'create index audit_log_begins on audit_log (begins)',
    `create table audit_checkpoint (
      one integer not null primary key,
      row_id integer not null,
      at integer not null,
      hash blob not null,
      signature blob not null
    )`,
    `create table standing_messages (
      kind text not null primary key,
      subject text not null,
      body text not null,
      set_at integer not null
    )`,
    `create table standing_seen (
      account integer not null,
      kind text not null,
      set_at integer not null,
      primary key (account, kind)
    )`,
  ],
};
