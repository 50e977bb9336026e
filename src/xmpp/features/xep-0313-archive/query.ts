import { firstIdAt, parseArchiveId } from '#messaging/archive-id.ts';
import { type ArchiveFilter, EVERYTHING } from '#messaging/archive-reader.ts';
import { readDateTime } from '#xml/date-time.ts';
import { type Element, element } from '#xml/element.ts';
import { type Field, FilledForm, writeForm } from '../../wire/data-form.ts';
import { type PageRequest, readPageRequest } from '../../wire/rsm.ts';
import { StanzaError } from '../../wire/stanza-error.ts';

export const NS_MAM = 'urn:xmpp:mam:2';
const NS_VALIDATE = 'http://jabber.org/protocol/xdata-validate';
/** It is sent back with each message of a page. */
const MAX_QUERY_ID = 1024;

const FIELDS: readonly (Field & { name: string })[] = [
  { type: 'jid-single', name: 'with' },
  { type: 'text-single', name: 'start' },
  { type: 'text-single', name: 'end' },
  { type: 'text-single', name: 'before-id' },
  { type: 'text-single', name: 'after-id' },
  { type: 'list-multi', name: 'ids' },
  { type: 'boolean', name: 'include-groupchat' },
];

export interface ArchiveQuery {
  readonly queryId: string | undefined;
  readonly filter: ArchiveFilter;
  /** Ids that the query names; each must be in the archive. */
  readonly named: readonly number[];
  /** The most messages that the page may have; 0: only their number is asked for. */
  readonly max: number;
  /** The last page of what matches, instead of the first. */
  readonly backwards: boolean;
  /** §4.3.4: the newest message of the page is sent first. */
  readonly flipped: boolean;
}

/** §4.1.5: what can be asked for. */
export function queryForm(): Element {
  const form = writeForm({ type: 'form', formType: NS_MAM, fields: FIELDS });
  const ids = form.elements().find((field) => field.attributes.var === 'ids')!;
  ids.children.push(element('validate', NS_VALIDATE, { datatype: 'xs:string' }, element('open', NS_VALIDATE)));
  return element('query', NS_MAM, {}, form);
}

/**
 * Reads `<query/>` with its form and its page.
 * @param most messages of a page, and ids in a query
 * @throws {StanzaError} 'bad-request' and 'not-acceptable' for what makes no sense, 'feature-not-implemented' for what is
 *   not known here, 'item-not-found' for an id that cannot be one
 */
export function readQuery(query: Element, most: number): ArchiveQuery {
  const { queryid: queryId, node } = query.attributes;
  if (node !== undefined) throw new StanzaError('feature-not-implemented', { text: 'Only pubsub nodes have a node.' });
  if ((queryId?.length ?? 0) > MAX_QUERY_ID)
    throw new StanzaError('bad-request', { text: 'That queryid is too long.' });
  const page = readPageRequest(query, most);
  if (page.index !== undefined) {
    throw new StanzaError('feature-not-implemented', { text: 'A page is asked for by ids, not by its number.' });
  }
  const form = FilledForm.in(query);
  if (form !== undefined) checkForm(form);
  const { filter, named } = readFilter(form, page, most);
  return {
    queryId,
    filter,
    named,
    max: page.max,
    backwards: page.before !== undefined,
    flipped: query.child('flip-page') !== undefined,
  };
}

function checkForm(form: FilledForm): void {
  if (form.type !== 'submit' || form.formType !== NS_MAM) {
    throw new StanzaError('bad-request', { text: `The form is of type submit, and its FORM_TYPE is ${NS_MAM}.` });
  }
  const unknown = form.names.find((name) => !FIELDS.some((field) => field.name === name));
  if (unknown !== undefined) {
    throw new StanzaError('feature-not-implemented', { text: `There is no field ${unknown}.` });
  }
  // §4.1.4: there are no messages of rooms in the archives of accounts, so either answer is the same to us.
  form.boolean('include-groupchat');
}

function readFilter(form: FilledForm | undefined, page: PageRequest, most: number) {
  const peer = form?.jid('with');
  const afterId = ids([form?.text('after-id'), page.after]);
  const beforeId = ids([form?.text('before-id'), page.before === '' ? undefined : page.before]);
  const listed = form?.has('ids') ? [...new Set(ids(form.list('ids')))].sort((a, b) => a - b) : undefined;
  if (listed !== undefined && listed.length > most) {
    throw new StanzaError('not-acceptable', { text: `A query names ${most} ids at most.` });
  }
  const start = instant(form?.text('start'));
  const end = instant(form?.text('end'));
  const filter: ArchiveFilter = {
    after: within(Math.max(...afterId, start === undefined ? 0 : firstIdAt(start) - 1)),
    before: within(Math.min(...beforeId, end === undefined ? EVERYTHING.before : firstIdAt(end + 1))),
    peer: peer?.bare,
    device: peer?.resource || undefined,
    ids: listed,
  };
  return { filter, named: [...afterId, ...beforeId, ...(listed ?? [])] };
}

/** There are times that no id can have. */
function within(id: number): number {
  return Math.min(Math.max(id, EVERYTHING.after), EVERYTHING.before);
}

function instant(text: string | undefined): number | undefined {
  return text === undefined ? undefined : readDateTime(text.trim());
}

/** @throws {StanzaError} 'item-not-found' where one is no id of ours (§4.1.3, §4.3.2) */
function ids(texts: readonly (string | undefined)[]): number[] {
  return texts
    .filter((text) => text !== undefined)
    .map((text) => {
      const id = parseArchiveId(text);
      if (id === undefined) throw notFound();
      return id;
    });
}

export function notFound(): StanzaError {
  return new StanzaError('item-not-found', { text: 'A message that the query names is not in the archive.' });
}
