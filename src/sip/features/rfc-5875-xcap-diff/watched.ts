import type { Home } from '#accounts/home.ts';
import type { XcapChange } from '../../bodies/xcap-diff.ts';
import { readAttributeValue, readWhole } from '../../xcap/fragment.ts';
import { type NodeSelector, SelectorError } from '../../xcap/selector.ts';
import { parseXcapUri } from '../../xcap/xcap-uri.ts';
import { contactOf, uriOfContact } from '../rfc-4825-xcap/contact-uris.ts';
import { readPresent } from '../rfc-4825-xcap/documents.ts';
import { readNode, readNodeSelector } from '../rfc-4825-xcap/nodes.ts';
import type { ApplicationUsage } from '../rfc-4825-xcap/usage.ts';

/** A document, or an element or attribute of one. */
export interface Place {
  readonly usage: ApplicationUsage;
  /** Relative to the XCAP root (RFC 5874 §4.3). */
  readonly sel: string;
  readonly node: NodeSelector | undefined;
}

/** What one subscription is about. */
export interface Watched {
  readonly places: readonly Place[];
  /** What is there, as it is and as the watcher has been told: an entity-tag, or a node as it is read. */
  now: ReadonlyMap<Place, string>;
  told: ReadonlyMap<Place, string>;
}

/** A person has few documents; a client that watches every single contact should watch the list. */
const MAX_PLACES = 100;

/** All documents of an account. */
export function allPlaces(home: Home, usages: readonly ApplicationUsage[]): Place[] {
  return usages.map((usage) => documentOf(home, usage));
}

function documentOf(home: Home, usage: ApplicationUsage): Place {
  const sel = `${usage.auid}/users/${uriOfContact(home.address)}/${usage.documentName}`;
  return { usage, sel, node: undefined };
}

/**
 * What somebody asks to hear of: documents, all of a folder, or single nodes. What is of others, or is none of ours, is
 * never heard of (RFC 5875 §4.4).
 * @param uris absolute, or relative to the XCAP root
 */
export function ownPlaces(uris: readonly string[], home: Home, usages: readonly ApplicationUsage[]): Place[] {
  const found = new Map<string, Place>();
  for (const uri of uris) {
    const place = placeOf(uri, home, usages);
    if (place !== undefined && found.size < MAX_PLACES) found.set(place.sel, place);
  }
  return [...found.values()];
}

function placeOf(uri: string, home: Home, usages: readonly ApplicationUsage[]): Place | undefined {
  const path = uri
    .trim()
    .replace(/^https?:\/\/[^/]*/i, '')
    .replace(/^.*?(?=[^/]*\/users\/)/, '');
  const auid = path.slice(0, path.indexOf('/'));
  const usage = usages.find((one) => one.auid === auid);
  const parsed = usage && parseXcapUri(`/${path.endsWith('/') ? `${path}${usage.documentName}` : path}`);
  // A selector with bindings of its own would have to be told with them.
  if (parsed === undefined || parsed.query !== '' || parsed.path.join('/') !== usage!.documentName) return undefined;
  const owner = /^[a-z]+:/i.test(parsed.xui) ? parsed.xui : `sip:${parsed.xui}`;
  if (contactOf(owner) !== home.address) return undefined;
  if (parsed.selector === undefined) return documentOf(home, usage!);
  try {
    const node = readNodeSelector(parsed, usage!.namespace);
    return node.terminal.kind === 'namespaces' ? undefined : { usage: usage!, sel: path, node };
  } catch (error) {
    if (error instanceof SelectorError) return undefined;
    throw error;
  }
}

/** Looks at what is watched. @returns whether the watcher is to hear of something */
export async function look(home: Home, watched: Watched): Promise<boolean> {
  const found = new Map<Place, string>();
  for (const usage of new Set(watched.places.map((place) => place.usage))) {
    const present = await readPresent(home, usage);
    if (present === undefined) continue;
    for (const place of watched.places) {
      if (place.usage !== usage) continue;
      const value = place.node === undefined ? present.tag : readNode(present.text, place.node);
      if (value !== undefined) found.set(place, value);
    }
  }
  watched.now = found;
  return watched.places.some((place) => watched.now.get(place) !== watched.told.get(place));
}

/** What the watcher is told next: what has changed, or all where nothing has (RFC 5875 §4.7). */
export function nextChanges(watched: Watched): XcapChange[] {
  const { now, told } = watched;
  const changed = watched.places.filter((place) => now.get(place) !== told.get(place));
  watched.told = now;
  if (changed.length > 0) return changed.map((place) => changeOf(place, now.get(place), told.get(place)));
  return [...now].map(([place, value]) => changeOf(place, value, undefined));
}

function changeOf({ sel, node }: Place, now: string | undefined, told: string | undefined): XcapChange {
  if (node?.terminal.kind === 'attribute') {
    return { kind: 'attribute', sel, value: now === undefined ? undefined : readAttributeValue(now) };
  }
  if (node !== undefined) return { kind: 'element', sel, element: now === undefined ? undefined : readWhole(now).root };
  const tags = { ...(now !== undefined && { newEtag: now }), ...(told !== undefined && { previousEtag: told }) };
  return { kind: 'document', sel, ...tags, patches: [] };
}
