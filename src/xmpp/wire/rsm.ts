/** XEP-0059: Result Set Management, version 1.0. Asking for a page of a long answer, and saying which page it is. */
import { type Element, element } from '#xml/element.ts';
import { StanzaError } from './stanza-error.ts';

export const NS_RSM = 'http://jabber.org/protocol/rsm';

/** Which page is wanted. Without `after`, `before` and `index` it is the first (§2.1). */
export interface PageRequest {
  /** How many items at most; 0 asks for the count alone (§2.7). */
  readonly max: number;
  /** The page begins after this item (§2.2). */
  readonly after: string | undefined;
  /** The page ends before this item (§2.3); '' is the end of the whole set: the last page (§2.5). */
  readonly before: string | undefined;
  /** The page begins at this place, counted from 0 (§2.6). */
  readonly index: number | undefined;
}

/** A page as the answer describes it. */
export interface Page {
  /** Unique ids of the first and the last item; neither where the page is empty. */
  readonly first?: string | undefined;
  readonly last?: string | undefined;
  /** The place of the first item in the whole set. */
  readonly index?: number | undefined;
  /** Items in the whole set. */
  readonly count?: number | undefined;
}

/**
 * @param query  what has `<set/>` as a child, or does not: then the first page is wanted
 * @param most   items that a page has at most, whatever is asked for; also when nothing is
 * @throws {StanzaError} 'bad-request' where it makes no sense
 */
export function readPageRequest(query: Element, most: number): PageRequest {
  const sets = query.elements().filter((child) => child.is('set', NS_RSM));
  const set = sets[0];
  if (set === undefined) return { max: most, after: undefined, before: undefined, index: undefined };
  if (sets.length > 1) throw badRequest('One page at a time: one <set/>.');
  const after = set.childText('after');
  const before = set.childText('before');
  const index = readCount(set, 'index');
  if (index !== undefined && (after !== undefined || before !== undefined)) {
    throw badRequest('A page is asked for by index, or by what is before or after it.');
  }
  const max = Math.min(readCount(set, 'max') ?? most, most);
  // §2.2: nothing to be after is the beginning.
  return { max, after: after === '' ? undefined : after, before, index };
}

export function writePage({ first, last, index, count }: Page): Element {
  return element(
    'set',
    NS_RSM,
    {},
    first === undefined ? undefined : element('first', NS_RSM, { index: index?.toString() }, first),
    last === undefined ? undefined : element('last', NS_RSM, {}, last),
    count === undefined ? undefined : element('count', NS_RSM, {}, `${count}`),
  );
}

/**
 * A page of what is in memory.
 * @param idOf the unique id of an item
 * @throws {StanzaError} 'item-not-found' when the item to begin after, or end before, is not there (§2.4)
 */
export function pageOf<T>(items: readonly T[], idOf: (item: T) => string, request: PageRequest): [T[], Page] {
  const place = (id: string): number => {
    const found = items.findIndex((item) => idOf(item) === id);
    if (found < 0) throw new StanzaError('item-not-found', { text: 'The item that the page is next to is gone.' });
    return found;
  };
  const { max, after, before, index } = request;
  const count = items.length;
  let start = index ?? (after === undefined ? 0 : place(after) + 1);
  const end = before === undefined || before === '' ? count : place(before);
  if (before !== undefined) start = Math.max(start, end - max);
  const page = items.slice(start, Math.min(end, start + max));
  if (page.length === 0) return [page, { count }];
  return [page, { first: idOf(page[0]!), last: idOf(page.at(-1)!), index: start, count }];
}

function readCount(set: Element, name: 'max' | 'index'): number | undefined {
  const text = set.childText(name)?.trim();
  if (text === undefined) return undefined;
  if (!/^\d{1,15}$/.test(text)) throw badRequest(`<${name}/> is a whole number.`);
  return Number(text);
}

function badRequest(text: string): StanzaError {
  return new StanzaError('bad-request', { text });
}
