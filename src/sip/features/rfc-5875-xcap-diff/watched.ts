import type { Home } from '#accounts/home.ts';
import { parseXcapUri } from '../../xcap/xcap-uri.ts';
import { contactOf, uriOfContact } from '../rfc-4825-xcap/contact-uris.ts';
import { readPresent } from '../rfc-4825-xcap/documents.ts';
import type { ApplicationUsage } from '../rfc-4825-xcap/usage.ts';

/** What one subscription is about. */
export interface Watched {
  readonly places: readonly ApplicationUsage[];
  /** Entity-tags by document selector, as they are, and as the watcher has been told. */
  readonly now: Map<string, string>;
  told: Map<string, string>;
}

/**
 * The documents that somebody asks to hear of: one, or all of a folder. What is of others, or is none of ours, is never
 * heard of (RFC 5875 §4.4).
 */
export function ownPlaces(
  uris: readonly string[],
  home: Home,
  usages: readonly ApplicationUsage[],
): readonly ApplicationUsage[] {
  return usages.filter((usage) => uris.some((uri) => isAbout(uri, home, usage)));
}

function isAbout(uri: string, home: Home, { auid, documentName }: ApplicationUsage): boolean {
  const path = uri.replace(/^https?:\/\/[^/]*/i, '').replace(/^.*?(?=[^/]*\/users\/)/, '');
  const isFolder = path.endsWith('/');
  const parsed = parseXcapUri(`/${path}${isFolder ? documentName : ''}`);
  if (parsed === undefined || parsed.auid !== auid || parsed.selector !== undefined) return false;
  const owner = /^[a-z]+:/i.test(parsed.xui) ? parsed.xui : `sip:${parsed.xui}`;
  return contactOf(owner) === home.address && parsed.path.join('/') === documentName;
}

/** Looks at the documents. @returns whether the watcher is to hear of something */
export async function changesOf(home: Home, watched: Watched): Promise<boolean> {
  for (const usage of watched.places) {
    const sel = `${usage.auid}/users/${uriOfContact(home.address)}/${usage.documentName}`;
    const present = await readPresent(home, usage);
    if (present === undefined) watched.now.delete(sel);
    else watched.now.set(sel, present.tag);
  }
  if (watched.now.size !== watched.told.size) return true;
  return [...watched.now].some(([sel, tag]) => watched.told.get(sel) !== tag);
}
