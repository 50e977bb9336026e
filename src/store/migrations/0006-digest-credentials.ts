import type { Migration } from '../database.ts';

/** What digest authentication (RFC 7616) checks a password against: H(name:realm:password) in hexadecimal. */
export const digestCredentials: Migration = {
  version: 6,
  name: 'digest credentials',
  statements: [
    `create table digest_credentials (
      account integer not null,
      algorithm text not null,
      local_key text not null,
      address_key text not null,
      primary key (account, algorithm)
    )`,
  ],
};
