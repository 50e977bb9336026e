/**
 * RFC 4480 §3.2: what somebody is doing, in all the ways in which it is written. The namespace and the local name tell,
 * never the prefix.
 */
import { Element } from '#xml/element.ts';
import { NS_CISCO_RPID, NS_RPID, NS_STATUS_RPID, NS_STATUS_RPID_STATUS } from './namespaces.ts';
import { addNote, NO_NOTES, type Notes, noteElements } from './notes.ts';

export interface Activities {
  /** As `on-the-phone`; what stands in a namespace that nobody knows, as `{namespace}name`. Each once. */
  readonly names: readonly string[];
  /** The words for an activity that has no name (§3.2 `other`). */
  readonly other?: string;
  readonly notes: Notes;
  /** From when until when, as it was written. */
  readonly from?: string;
  readonly until?: string;
}

const MAX_ACTIVITIES = 32;
const SPACES: ReadonlySet<string> = new Set([NS_RPID, NS_STATUS_RPID, NS_STATUS_RPID_STATUS, NS_CISCO_RPID]);
/** Said by phones, and unknown to RFC 4480. */
const OF_PHONES: ReadonlySet<string> = new Set(['dnd', 'alerting', 'available', 'unavailable']);

export function isActivities({ name, ns }: Element): boolean {
  return name === 'activities' && SPACES.has(ns);
}

export function isRpid(ns: string): boolean {
  return SPACES.has(ns);
}

/** @param before what was said in another element of the same person */
export function readActivities(element: Element, before?: Activities): Activities {
  const names = new Set(before?.names);
  let notes: Record<string, string> | undefined = before && { ...before.notes };
  let other = before?.other;
  for (const child of element.children) {
    if (typeof child === 'string') continue;
    if (!SPACES.has(child.ns)) add(names, `{${child.ns}}${child.name}`);
    else if (child.name === 'note') notes = addNote(notes, child);
    // The old draft named it in text.
    else if (child.name === 'activity') add(names, activityName(child.text()));
    else {
      add(names, child.name);
      if (child.name === 'other') other ??= child.text().trim();
    }
  }
  const from = before?.from ?? element.attribute('from');
  const until = before?.until ?? element.attribute('until');
  return {
    names: [...names],
    notes: notes ?? NO_NOTES,
    ...(other !== undefined && other !== '' && { other }),
    ...(from !== undefined && { from }),
    ...(until !== undefined && { until }),
  };
}

function add(names: Set<string>, name: string): void {
  if (name !== '' && names.size < MAX_ACTIVITIES) names.add(name);
}

/** Only what can be written as the name of an element again. */
function activityName(text: string): string {
  const name = text.trim().toLowerCase().replace(/[ _]/g, '-');
  return /^[a-z][a-z0-9.-]{0,40}$/.test(name) ? name : '';
}

export function activitiesElement({ names, other, notes, from, until }: Activities): Element {
  const element = new Element('activities', NS_RPID, {}, noteElements(notes, NS_RPID));
  if (from !== undefined) element.attributes.from = from;
  if (until !== undefined) element.attributes.until = until;
  for (const name of names) {
    const one = activityElement(name);
    if (name === 'other' && other !== undefined) one.children.push(other);
    element.children.push(one);
  }
  return element;
}

function activityElement(name: string): Element {
  const end = name.lastIndexOf('}');
  if (end > 0) return new Element(name.slice(end + 1), name.slice(1, end));
  return new Element(name, OF_PHONES.has(name) ? NS_CISCO_RPID : NS_RPID);
}
