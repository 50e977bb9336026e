/** Documents of accounts: made from what the account is, changed one at a time. */
import { hash } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { accountTable } from '#accounts/account-tables.ts';
import type { Home } from '#accounts/home.ts';
import { Failure, type FailureKind } from '#base/failure.ts';
import { Semaphore } from '#base/semaphore.ts';
import type { Statement } from '#store/database.ts';
import { readDocument } from '#xml/document.ts';
import { writeDocument } from '#xml/document-writer.ts';
import type { Element } from '#xml/element.ts';
import { serialize } from '#xml/serializer.ts';
import { DOCUMENT_LIMITS } from '../../xcap/fragment.ts';
import { documentChanged } from './hooks.ts';
import type { ApplicationUsage, Save, Wanted } from './usage.ts';
import { constraint } from './validation.ts';

accountTable('xcap_documents', 'account');

const SELECT = 'select content from xcap_documents where account = ? and namespace = ?';
const PUT = `insert into xcap_documents (account, namespace, content) values (?, ?, ?)
  on conflict (account, namespace) do update set content = excluded.content`;
const DELETE = 'delete from xcap_documents where account = ? and namespace = ?';

/** So many reads and changes of one account may wait for each other. */
const MAX_WAITING = 100;

/** A document as it is served. */
export interface Present {
  readonly text: string;
  /** Its entity-tag, in quotes: another one as soon as anything is another, whoever has changed it. */
  readonly tag: string;
}

/** A document as it was put, or one that was edited here and has no text yet. */
export type Edit = { readonly root: Element; readonly text?: string };

const REFUSALS: readonly FailureKind[] = ['malformed', 'conflict', 'not-acceptable', 'over-limit'];

const turns = new WeakMap<Home, Semaphore>();

/** Never while it is being changed: what is half done has no entity-tag. @throws {Failure} 'over-limit', 'store-failing' */
export function readPresent(home: Home, usage: ApplicationUsage): Promise<Present | undefined> {
  return turnOf(home).run(async () => present(home, usage, await load(home, usage)));
}

/**
 * Changes a document, and with it the account. Resolves when it is on disk.
 * @param edit is called once, with the document as it is when its turn has come; undefined deletes it
 * @throws {XcapError} {Failure} and what `edit` throws; nothing has changed then
 */
export function changeDocument(
  home: Home,
  usage: ApplicationUsage,
  maxBytes: number,
  edit: (now: Present | undefined) => Edit | undefined,
): Promise<Present | undefined> {
  return turnOf(home).run(async () => {
    const kept = await load(home, usage);
    let text: string | undefined;
    await apply(
      home,
      usage,
      () => {
        const edited = edit(present(home, usage, kept));
        if (edited === undefined) return undefined;
        text = edited.text ?? write(usage, edited.root);
        if (Buffer.byteLength(text) > maxBytes) throw constraint(`a document has ${maxBytes} bytes at most`);
        return { root: edited.root, text };
      },
      (...alongside) => keep(home, usage, text, ...alongside),
    );
    // Each of these takes milliseconds for a long document.
    await nextTurn();
    if (usage.stored === undefined) await keep(home, usage, text);
    await nextTurn();
    home.homes.hooks.run(documentChanged, { home });
    return present(home, usage, text);
  });
}

/** RFC 4825 §11.1: what an account does not take is a conflict of the document, with the same sentence. */
async function apply(home: Home, usage: ApplicationUsage, decide: () => Wanted | undefined, save: Save): Promise<void> {
  try {
    await usage.apply(home, decide, save);
  } catch (error) {
    if (error instanceof Failure && REFUSALS.includes(error.kind)) throw constraint(error.message);
    throw error;
  }
}

function turnOf(home: Home): Semaphore {
  const turn = turns.get(home) ?? new Semaphore(1, MAX_WAITING);
  turns.set(home, turn);
  return turn;
}

/** What was put last stays as it was written for as long as it says what is so. */
function present(home: Home, usage: ApplicationUsage, kept: string | undefined): Present | undefined {
  const keptRoot = kept === undefined ? undefined : readDocument(kept, DOCUMENT_LIMITS).root;
  const root = usage.render(home, keptRoot);
  if (root === undefined) return undefined;
  const isSame = keptRoot !== undefined && serialize(root) === serialize(keptRoot);
  const text = isSame ? kept! : write(usage, root);
  return { text, tag: tagOf(text) };
}

export function tagOf(text: string): string {
  return `"${hash('sha256', text, 'base64url').slice(0, 22)}"`;
}

function write({ prefixes }: ApplicationUsage, root: Element): string {
  return writeDocument(root, prefixes);
}

async function load(home: Home, usage: ApplicationUsage): Promise<string | undefined> {
  if (usage.stored !== undefined) return usage.stored(home);
  const [row] = await home.homes.database.read(SELECT, [home.account.id, usage.namespace]);
  return row?.content as string | undefined;
}

async function keep(
  home: Home,
  usage: ApplicationUsage,
  text: string | undefined,
  ...alongside: Statement[]
): Promise<void> {
  await home.homes.database.write(keeping(home, usage, text), ...alongside);
}

/** Nothing is kept of what would be the same without it. */
function keeping(home: Home, usage: ApplicationUsage, text: string | undefined): Statement {
  const { id } = home.account;
  const plain = text === undefined ? undefined : usage.render(home, undefined);
  const isPlain = plain !== undefined && write(usage, plain) === text;
  if (text === undefined || isPlain) return { sql: DELETE, values: [id, usage.namespace] };
  return { sql: PUT, values: [id, usage.namespace, text] };
}
