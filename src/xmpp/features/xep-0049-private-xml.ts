/**
 * XEP-0049: Private XML Storage, version 1.2.
 * Clients keep settings of theirs on the server, by namespace.
 */
import { accountTable } from '#accounts/account-tables.ts';
import type { Home } from '#accounts/home.ts';
import { Failure } from '#base/failure.ts';
import { Semaphore } from '#base/semaphore.ts';
import { integer, type Values } from '#base/settings.ts';
import type { Statement } from '#store/database.ts';
import { type Element, element } from '#xml/element.ts';
import { parseElement } from '#xml/parse-element.ts';
import { serialize } from '#xml/serializer.ts';
import { type IqRequest, xmppFeature } from '../feature.ts';
import { StanzaError } from '../wire/stanza-error.ts';

const NS = 'jabber:iq:private';

accountTable('private_xml', 'account');

const SELECT = 'select content from private_xml where account = ? and namespace = ?';
const SELECT_SIZES = 'select namespace, bytes from private_xml where account = ?';
const PUT = `insert into private_xml (account, namespace, content, bytes) values (?, ?, ?, ?)
  on conflict (account, namespace) do update set content = excluded.content, bytes = excluded.bytes`;
const DELETE = 'delete from private_xml where account = ? and namespace = ?';

/** So many clients of one account may wait for each other. */
const MAX_WAITING = 100;

const settings = {
  maxBytes: integer({
    default: 524_288,
    min: 1024,
    max: 67_108_864,
    unit: 'bytes',
    help: 'What one account may keep in all.',
  }),
  maxNamespaces: integer({
    default: 100,
    min: 1,
    max: 10_000,
    unit: 'namespaces',
    help: 'How many different things one account may keep.',
  }),
};

export const privateXml = xmppFeature({
  spec: 'XEP-0049',
  title: 'Private XML Storage',
  version: '1.2',
  status: 'complete',
  note: 'What is set takes the place of all that was kept in that namespace; empty elements clear it.',
  disco: [NS],
  settings,
  setup(xmpp) {
    /** Accounts that are being written to: what is kept is counted before something is added. */
    const turns = new WeakMap<Home, Semaphore>();
    // §2.3. Also where there is no such account, so that nobody learns who has one.
    const otherwise = () => {
      throw new StanzaError('forbidden', { text: 'What is private is for its owner alone.', code: 403 });
    };
    const place = { ns: NS, name: 'query', by: 'anyone', otherwise } as const;
    xmpp.onIqGet(place, (iq) => (iq.isOwner ? get(iq) : otherwise()));
    xmpp.onIqSet(place, ({ isOwner, home, payload }) => {
      if (!isOwner) return otherwise();
      const wanted = byNamespace(payload);
      const turn = turns.get(home) ?? new Semaphore(1, MAX_WAITING);
      turns.set(home, turn);
      return turn.run(() => set(home, wanted, xmpp.settings));
    });
  },
});

async function get({ home, payload }: IqRequest): Promise<Element> {
  const { size } = byNamespace(payload);
  const asked = payload.elements()[0]!;
  if (size > 1) throw new StanzaError('bad-request', { text: 'One namespace can be asked for at a time.' });
  const [row] = await home.homes.database.read(SELECT, [home.account.id, asked.ns]);
  if (row === undefined) return element('query', NS, {}, element(asked.name, asked.ns));
  return parseElement(`<query xmlns='${NS}'>${row.content}</query>`);
}

/** It is on disk when this resolves: all of it, or nothing. */
async function set(home: Home, wanted: Wanted, limits: Readonly<Values<typeof settings>>): Promise<undefined> {
  const { homes, account } = home;
  const rows = await homes.database.read(SELECT_SIZES, [account.id]);
  const before: Sizes = new Map(rows.map(({ namespace, bytes }) => [namespace as string, bytes as number]));
  const sizes = new Map(before);
  const statements: Statement[] = [];
  for (const [namespace, elements] of wanted) {
    if (elements.every(isEmpty)) {
      sizes.delete(namespace);
      statements.push({ sql: DELETE, values: [account.id, namespace] });
      continue;
    }
    const content = elements.map((one) => serialize(one, NS)).join('');
    const bytes = Buffer.byteLength(content);
    sizes.set(namespace, bytes);
    statements.push({ sql: PUT, values: [account.id, namespace, content, bytes] });
  }
  checkLimits(before, sizes, limits);
  await homes.database.write(...statements);
}

/** In bytes, by namespace. */
type Sizes = ReadonlyMap<string, number>;

/** What is more than a limit that was lowered may become less, not more. */
function checkLimits(before: Sizes, after: Sizes, limits: Readonly<Values<typeof settings>>): void {
  const { maxBytes, maxNamespaces } = limits;
  if (after.size > Math.max(maxNamespaces, before.size)) {
    throw new Failure('over-limit', `an account keeps ${maxNamespaces} different things at most; clear one first`);
  }
  if (total(after) > Math.max(maxBytes, total(before))) {
    throw new Failure('over-limit', `an account keeps ${maxBytes} bytes of its own at most`);
  }
}

function total(sizes: Sizes): number {
  let sum = 0;
  for (const bytes of sizes.values()) sum += bytes;
  return sum;
}

type Wanted = ReadonlyMap<string, Element[]>;

/**
 * §2.3: what a request names, never nothing.
 * @throws {StanzaError} 'not-acceptable' for nothing, and for a namespace that is none or that XMPP keeps to itself
 */
function byNamespace(payload: Element): Wanted {
  const wanted = new Map<string, Element[]>();
  for (const one of payload.elements()) {
    if (isReserved(one.ns)) {
      throw new StanzaError('not-acceptable', {
        text: `${one.ns || 'No namespace'} is not for private data.`,
        code: 406,
      });
    }
    wanted.set(one.ns, [...(wanted.get(one.ns) ?? []), one]);
  }
  if (wanted.size > 0) return wanted;
  throw new StanzaError('not-acceptable', { text: 'An element in a namespace of its own is missing.', code: 406 });
}

function isReserved(ns: string): boolean {
  return ns === '' || ns === 'vcard-temp' || ns.startsWith('jabber:') || ns.startsWith('http://jabber.org/');
}

function isEmpty({ attributes, children }: Element): boolean {
  return children.length === 0 && Object.keys(attributes).length === 0;
}
