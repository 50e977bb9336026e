import type { Migration } from '../database.ts';

/**
 * Contact bindings of SIP clients (RFC 3261 §10). What came over the wire is kept as it came, byte for byte; `flow` is
 * the way to a client over UDP, which leads to it also after a restart.
 */
export const bindings: Migration = {
  version: 8,
  name: 'contact bindings',
  statements: [
    `create table bindings (
      account integer not null,
      id text not null,
      device text not null,
      uri text not null,
      params text not null,
      q integer not null,
      expires_at integer not null,
      registered_at integer not null,
      call_id text not null,
      cseq integer not null,
      instance text not null,
      reg_id integer not null,
      path text not null,
      user_agent text not null,
      methods text not null,
      flow text not null,
      primary key (account, id)
    )`,
    'create index bindings_by_end on bindings (expires_at)',
  ],
};
