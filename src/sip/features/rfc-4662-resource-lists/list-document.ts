import type { MimePart } from '../../bodies/mime.ts';
import { contentPart, newBoundary, relatedType, writeMultipart } from '../../bodies/multipart.ts';
import { type ListedResource, RLMI_TYPE, writeRlmi } from '../../bodies/rlmi.ts';
import type { NotifyDocument } from '../../event-package.ts';
import { asciiDomain } from '../../wire/address.ts';
import type { ListEntry } from './entry.ts';
import type { WatchedList } from './watched-list.ts';

/** What a resource takes in RLMI, and a part around its document, beside names and URI. */
const AROUND_BYTES = 400;

/**
 * What is to be told of a list (RFC 4662 §5): all of it, or what has changed. What does not fit is left for further
 * documents, which tell of changes only.
 * @param maxBytes of the body, about
 */
export function listDocument(list: WatchedList, maxBytes: number): NotifyDocument {
  const isFull = list.isAllUntold || list.untold.size === 0;
  if (isFull) {
    list.untold.clear();
    for (const entry of list.entries.values()) list.untold.add(entry);
  }
  list.isAllUntold = false;
  const version = list.version++;
  const domain = asciiDomain(list.subscription.edge.domain);
  const resources: ListedResource[] = [];
  const parts: MimePart[] = [];
  let left = maxBytes;
  for (const entry of list.untold) {
    const { resource, part, bytes } = tell(entry, `${entry.id}.${version}@${domain}`);
    if (bytes > left && resources.length > 0) break;
    left -= bytes;
    list.untold.delete(entry);
    resources.push(resource);
    if (part !== undefined) parts.push(part);
  }
  const { init } = list.subscription;
  const rlmi = writeRlmi({ uri: init.resource, version, fullState: isFull, names: {}, resources });
  const root = `list.${version}@${domain}`;
  const boundary = newBoundary();
  return {
    contentType: relatedType(RLMI_TYPE, root, boundary),
    body: writeMultipart([contentPart(`${RLMI_TYPE};charset="UTF-8"`, root, rlmi), ...parts], boundary),
    entityTag: '',
    head: 'Require: eventlist\r\n',
  };
}

/** @param cid a Content-ID that no other part has */
function tell(entry: ListEntry, cid: string): { resource: ListedResource; part?: MimePart; bytes: number } {
  const { member, id } = entry;
  const { state, document } = entry.now();
  const instance = { id, ...state, ...(document && { cid }) };
  const resource = { uri: member.uri, names: member.names, instances: [instance] };
  const bytes = AROUND_BYTES + 2 * member.uri.length + JSON.stringify(member.names).length;
  if (document === undefined) return { resource, bytes };
  const type = `${document.contentType};charset="UTF-8"`;
  return { resource, part: contentPart(type, cid, document.body), bytes: bytes + document.body.length };
}
