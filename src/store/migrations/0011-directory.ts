import type { Migration } from '../database.ts';

/**
 * The embedded Unified CM's objects. Texts that end in `_key` are folded: case-blind, to search and order by.
 *
 * `directory_objects.fields` is JSON of all fields but references and secrets. `revision` moves on with each change.
 * `directory_users` has what users are searched, counted and synchronised by; `directory_search` the searchable fields of
 * all other kinds. A reference is a row: those that `frees` go with the object that they lead to, the others keep it
 * from being removed, by their foreign key.
 * `directory_changes` is the change queue, and `directory_queue` its one row of identity.
 */
export const directory: Migration = {
  version: 11,
  name: 'directory',
  statements: [
    `create table directory_objects (
      id integer primary key,
      uuid text not null unique,
      kind text not null,
      name text not null,
      name_key text not null,
      scope_key text not null,
      fields text not null,
      revision integer not null,
      unique (kind, name_key, scope_key)
    )`,
    `create table directory_users (
      object integer not null primary key references directory_objects (id),
      first_name_key text not null,
      middle_name_key text not null,
      last_name_key text not null,
      display_name_key text not null,
      department_key text not null,
      title_key text not null,
      mailid_key text not null,
      directory_uri_key text unique,
      telephone_number_key text not null,
      customer_name_key text not null,
      home_cluster integer not null,
      im_and_presence integer not null,
      status integer not null,
      has_extension integer not null,
      presence_node integer references directory_objects (id)
    )`,
    'create index directory_users_by_node on directory_users (presence_node)',
    `create table directory_search (
      object integer not null references directory_objects (id),
      field text not null,
      value_key text not null,
      primary key (object, field)
    )`,
    `create table directory_references (
      source integer not null references directory_objects (id),
      field text not null,
      path text not null,
      target integer not null references directory_objects (id),
      frees integer not null,
      primary key (source, path)
    )`,
    'create index directory_references_by_target on directory_references (target, field)',
    `create table directory_secrets (
      object integer not null references directory_objects (id),
      field text not null,
      keys text not null,
      set_at integer not null,
      primary key (object, field)
    )`,
    `create table directory_changes (
      id integer primary key,
      action text not null,
      kind text not null,
      uuid text not null,
      tags text not null,
      do_get integer not null
    )`,
    'create table directory_queue (id integer not null primary key, queue_id text not null)',
  ],
};
