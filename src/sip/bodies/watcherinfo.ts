/** RFC 3858: `application/watcherinfo+xml`, who watches a resource. */
import { type Element, element } from '#xml/element.ts';
import { NS_WATCHERINFO } from './namespaces.ts';
import { badBody, childrenOf, readXml, unsigned, writeXml } from './xml-body.ts';

export const WATCHERINFO_TYPE = 'application/watcherinfo+xml';

const STATUSES = ['pending', 'active', 'waiting', 'terminated'] as const;
const EVENTS = [
  'subscribe',
  'approved',
  'deactivated',
  'probation',
  'rejected',
  'timeout',
  'giveup',
  'noresource',
] as const;

export type WatcherStatus = (typeof STATUSES)[number];
/** What brought it into its status (RFC 3857 §4.7.1). */
export type WatcherEvent = (typeof EVENTS)[number];

export interface Watcher {
  /** The same as long as the subscription is (§4.3). */
  readonly id: string;
  readonly uri: string;
  readonly status: WatcherStatus;
  readonly event: WatcherEvent;
  readonly displayName?: string;
  /** How long it will last yet, and has lasted. */
  readonly expirationSeconds?: number;
  readonly durationSeconds?: number;
}

export interface WatcherList {
  readonly resource: string;
  /** The event package: 'presence'. */
  readonly package: string;
  readonly watchers: readonly Watcher[];
}

export interface Watcherinfo {
  /** One more with each document of a subscription, from 0 (§4.1). */
  readonly version: number;
  readonly isFull: boolean;
  readonly lists: readonly WatcherList[];
}

/** @returns a byte string */
export function writeWatcherinfo({ version, isFull, lists }: Watcherinfo): string {
  const attributes = { version: String(version), state: isFull ? 'full' : 'partial' };
  return writeXml(element('watcherinfo', NS_WATCHERINFO, attributes, ...lists.map(listElement)));
}

function listElement(list: WatcherList): Element {
  const attributes = { resource: list.resource, package: list.package };
  return element('watcher-list', NS_WATCHERINFO, attributes, ...list.watchers.map(watcherElement));
}

function watcherElement(watcher: Watcher): Element {
  const { expirationSeconds, durationSeconds } = watcher;
  const attributes = {
    id: watcher.id,
    status: watcher.status,
    event: watcher.event,
    'display-name': watcher.displayName,
    expiration: expirationSeconds === undefined ? undefined : String(expirationSeconds),
    'duration-subscribed': durationSeconds === undefined ? undefined : String(durationSeconds),
  };
  return element('watcher', NS_WATCHERINFO, attributes, watcher.uri);
}

/** @param body a byte string @throws {SipError} 400 */
export function readWatcherinfo(body: string): Watcherinfo {
  const root = readXml(body, 'watcherinfo', 'watcherinfo', NS_WATCHERINFO);
  const version = unsigned(root.attribute('version'));
  const state = root.attribute('state');
  if (version === undefined) throw badBody('watcherinfo', 'it has no version');
  if (state !== 'full' && state !== 'partial') throw badBody('watcherinfo', 'its state is neither full nor partial');
  return { version, isFull: state === 'full', lists: childrenOf(root, 'watcher-list').map(readList) };
}

function readList(list: Element): WatcherList {
  const { resource, package: eventPackage } = list.attributes;
  if (!resource || !eventPackage) throw badBody('watcherinfo', 'a list has no resource or no package');
  return { resource, package: eventPackage, watchers: childrenOf(list, 'watcher').map(readWatcher) };
}

function readWatcher(watcher: Element): Watcher {
  const { id, 'display-name': displayName } = watcher.attributes;
  const status = STATUSES.find((known) => known === watcher.attribute('status'));
  const event = EVENTS.find((known) => known === watcher.attribute('event'));
  if (!id || status === undefined || event === undefined) {
    throw badBody('watcherinfo', 'a watcher has no id, status or event');
  }
  const expirationSeconds = unsigned(watcher.attribute('expiration'));
  const durationSeconds = unsigned(watcher.attribute('duration-subscribed'));
  return {
    id,
    uri: watcher.text().trim(),
    status,
    event,
    ...(displayName !== undefined && { displayName }),
    ...(expirationSeconds !== undefined && { expirationSeconds }),
    ...(durationSeconds !== undefined && { durationSeconds }),
  };
}

/**
 * What one document makes of the last state (§4.1): a full one is the state, a partial one changes it.
 * @param before undefined: nothing is known yet
 * @returns 'ignore' for a document that came late, 'refresh' where one was lost and the full state has to be asked for
 */
export function mergeWatcherinfo(
  before: Watcherinfo | undefined,
  next: Watcherinfo,
): Watcherinfo | 'ignore' | 'refresh' {
  if (before !== undefined && next.version <= before.version) return 'ignore';
  if (next.isFull) return withoutTerminated(next);
  if (before === undefined || next.version !== before.version + 1) return 'refresh';
  const lists = new Map(before.lists.map((list) => [keyOf(list), list]));
  for (const list of next.lists) {
    const watchers = new Map(lists.get(keyOf(list))?.watchers.map((watcher) => [watcher.id, watcher]));
    for (const watcher of list.watchers) watchers.set(watcher.id, watcher);
    lists.set(keyOf(list), { ...list, watchers: [...watchers.values()] });
  }
  return withoutTerminated({ version: next.version, isFull: true, lists: [...lists.values()] });
}

function keyOf(list: WatcherList): string {
  return `${list.package} ${list.resource}`;
}

/** Who is terminated is told of once. */
function withoutTerminated(info: Watcherinfo): Watcherinfo {
  const lists = info.lists.map((list) => ({
    ...list,
    watchers: list.watchers.filter(({ status }) => status !== 'terminated'),
  }));
  return { ...info, lists };
}
