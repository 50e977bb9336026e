/** Contacts without an IM address, which a list holds as vCards: import and export. */
import { accountTable } from '#accounts/account-tables.ts';
import { Failure } from '#base/failure.ts';
import type { Row } from '#store/database.ts';
import { isHeader } from './header.ts';
import { readAddress, shownAddress } from './im-address.ts';
import { knownUser } from './known-users.ts';
import { noOptions } from './options.ts';
import { type BulkWorld, contactWords, type Outcome, type RowWork, type Run, type Transaction } from './transaction.ts';
import { vcardFault } from './vcard.ts';

accountTable('non_presence_contacts', 'account');

const COLUMNS = ['User JID', 'Contact JID', 'Group Name', 'Content Type', 'Version', 'Info'] as const;
const LONGEST: readonly number[] = [1023, 1023, 255, 64, 8, 65_536];
const CONTENT_TYPES: readonly string[] = ['text/directory', 'text/vcard'];
const PAGE = 200;

// The account is looked up once more, so that one removed meanwhile violates `not null` and leaves no orphans.
const PUT = `insert into non_presence_contacts (account, contact, group_name, content_type, version, info)
  values ((select id from accounts where address = ?), ?, ?, ?, ?, ?)
  on conflict (account, contact, group_name) do update set content_type = excluded.content_type,
    version = excluded.version, info = excluded.info`;
const COUNT = `select count(*) as others from non_presence_contacts where account = ?
  and not (contact = ? and group_name = ?)`;
const SELECT_PAGE = `select address, contact, group_name, content_type, version, info
  from accounts join non_presence_contacts on account = id
  where address > ? or (address = ? and (contact > ? or (contact = ? and group_name > ?)))
  order by address, contact, group_name limit ${PAGE}`;

export const importNonPresenceContacts: Transaction = {
  name: 'import-non-presence-contacts',
  target: 'Non-presence Contact Lists',
  title: "Import Users' Non Presence Contacts",
  help: `Adds contacts without an IM address. Columns: ${COLUMNS.join(', ')}; Info is a vCard 3.0.`,
  words: contactWords('imported'),
  checkOptions: noOptions,
  work: { kind: 'file', begin: (run) => new NonPresenceImport(run) },
};

export const exportNonPresenceContacts: Transaction = {
  name: 'export-non-presence-contacts',
  target: 'Non-presence Contact Lists',
  title: "Export Users' Non Presence Contacts",
  help: 'Writes the contacts without an IM address.',
  words: contactWords('exported'),
  checkOptions: noOptions,
  work: { kind: 'export', rows: ({ world }) => exportRows(world) },
};

class NonPresenceImport implements RowWork {
  readonly #world: BulkWorld;
  readonly #isDryRun: boolean;

  constructor({ world, isDryRun }: Run) {
    this.#world = world;
    this.#isDryRun = isDryRun;
  }

  header(cells: readonly string[]): boolean {
    return isHeader(cells, COLUMNS, COLUMNS.length);
  }

  lane([user = '']: readonly string[]): string {
    return user.trim().toLowerCase();
  }

  async row(cells: readonly string[]): Promise<Outcome> {
    const reason = formatFault(cells) ?? (await this.#import(cells));
    const [user = '', other = ''] = cells;
    return reason === undefined ? undefined : { user: user.slice(0, 300), other: other.slice(0, 300), reason };
  }

  async #import(cells: readonly string[]): Promise<string | undefined> {
    const [jid, contact, group, type, version] = cells.map((cell) => cell.trim()) as [
      string,
      string,
      string,
      string,
      string,
    ];
    const known = await knownUser(this.#world, readAddress(jid));
    if ('reason' in known) return known.reason;
    const { id, address } = known.account;
    const [row] = await this.#world.database.read(COUNT, [id, contact, group]);
    if ((row!.others as number) >= this.#world.maxContacts()) return "User's contact list is over limit";
    if (this.#isDryRun) return undefined;
    try {
      await this.#world.database.write({ sql: PUT, values: [address, contact, group, type, version, cells[5]!] });
      return undefined;
    } catch (error) {
      if (error instanceof Failure && error.kind === 'conflict') return 'User does not exist';
      throw error;
    }
  }
}

function formatFault(cells: readonly string[]): string | undefined {
  if (cells.length !== COLUMNS.length) return `Invalid format: ${cells.length} columns instead of ${COLUMNS.length}`;
  for (const [i, cell] of cells.entries()) {
    if (cell.trim() === '') return `Invalid format: ${COLUMNS[i]} is empty`;
    if (cell.length > LONGEST[i]!) return `Invalid format: ${COLUMNS[i]} is longer than ${LONGEST[i]} characters`;
  }
  const [, , , type, version, info] = cells.map((cell) => cell.trim());
  if (!CONTENT_TYPES.includes(type!.toLowerCase())) {
    return `Invalid format: Content Type is none of ${CONTENT_TYPES.join(', ')}`;
  }
  if (version !== '3' && version !== '3.0') return 'Invalid format: Version is not 3.0';
  const fault = vcardFault(info!);
  return fault === undefined ? undefined : `Invalid format: ${fault}`;
}

async function* exportRows({ database }: BulkWorld): AsyncGenerator<readonly string[]> {
  yield COLUMNS;
  for (let last: Row = { address: '', contact: '', group_name: '' }; ; ) {
    const { address, contact, group_name } = last as { address: string; contact: string; group_name: string };
    const page = await database.read(SELECT_PAGE, [address, address, contact, contact, group_name]);
    for (const row of page) {
      const { address, contact, group_name, content_type, version, info } = row as Record<string, string>;
      yield [shownAddress(address!), contact!, group_name!, content_type!, version!, info!];
    }
    if (page.length < PAGE) return;
    last = page.at(-1)!;
  }
}
