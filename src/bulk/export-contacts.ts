/** Contact lists as a file that `import-contacts` takes. */
import { z } from 'zod';
import type { Database } from '#store/database.ts';
import { CONTACT_COLUMNS, REQUIRED_CONTACT_COLUMNS, writeState } from './contact-row.ts';
import { splitAddress } from './im-address.ts';
import { checkedBy, once, onOrOff } from './options.ts';
import { contactWords, type Run, type Transaction } from './transaction.ts';

const PAGE = 500;
const SELECT_PAGE = `select accounts.address as owner, contacts.address as contact, name, group_names, subscription,
    pending_out, pending_in
  from accounts join contacts on contacts.account = accounts.id
  where listed = 1 and (accounts.address > ? or (accounts.address = ? and contacts.address > ?))
  order by accounts.address, contacts.address limit ${PAGE}`;

export const exportContacts: Transaction = {
  name: 'export-contacts',
  target: 'Contact Lists',
  title: "Export Users' Contacts",
  help: 'Writes contact lists. Option users: only of addresses that contain it. Option state=false: as releases before 12.5 did.',
  words: contactWords('exported'),
  checkOptions: checkedBy(z.strictObject({ users: once.default(''), state: onOrOff.default(true) })),
  work: { kind: 'export', rows: contactRows },
};

async function* contactRows({ world, options }: Run): AsyncGenerator<readonly string[]> {
  const columns = options.state === true ? CONTACT_COLUMNS.length : REQUIRED_CONTACT_COLUMNS;
  const wanted = String(options.users).toLowerCase();
  yield CONTACT_COLUMNS.slice(0, columns);
  for await (const one of everyContact(world.database)) {
    if (!one.owner.includes(wanted)) continue;
    const [user, contact] = [splitAddress(one.owner), splitAddress(one.contact)];
    // A contact without an IM address is none of this file.
    if (user === undefined || contact === undefined) continue;
    const groups = one.groups.length === 0 ? [world.defaultGroup()] : one.groups;
    for (const group of groups) {
      const cells = [user.name, user.domain, contact.name, contact.domain, one.name, group, one.state];
      yield cells.slice(0, columns);
    }
  }
}

interface Listed {
  owner: string;
  contact: string;
  name: string;
  groups: readonly string[];
  state: string;
}

async function* everyContact(database: Database): AsyncGenerator<Listed> {
  for (let [owner, contact] = ['', '']; ; ) {
    const page = await database.read(SELECT_PAGE, [owner, owner, contact]);
    for (const row of page) {
      owner = row.owner as string;
      contact = row.contact as string;
      yield {
        owner,
        contact,
        name: row.name as string,
        groups: JSON.parse(row.group_names as string),
        state: writeState({
          subscription: row.subscription as string,
          pendingOut: row.pending_out === 1,
          pendingIn: row.pending_in === 1,
        }),
      };
    }
    if (page.length < PAGE) return;
  }
}
