import type { Migration } from '../database.ts';

/** How clients have arranged what XCAP shows them, and what only they know; by the namespace of the document. */
export const xcapDocuments: Migration = {
  version: 9,
  name: 'documents of XCAP',
  statements: [
    `create table xcap_documents (
      account integer not null,
      namespace text not null,
      content text not null,
      primary key (account, namespace)
    )`,
  ],
};
