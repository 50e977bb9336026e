/**
 * Lists in lists are groups whose names are joined by '::', as XMPP clients write groups in groups (XEP-0083), for a
 * contact list knows groups of one level.
 */
const SEPARATOR = '::';

/** @param path names from the outermost list to the innermost; none: the contacts that are in no group */
export function groupOf(path: readonly string[]): string {
  return path.join(SEPARATOR);
}

export function pathOfGroup(group: string): string[] {
  const parts = group.split(SEPARATOR);
  return parts.includes('') ? [group] : parts;
}

/** Whether the group of a list would be read as that list again. */
export function isExpressible(path: readonly string[]): boolean {
  const back = pathOfGroup(groupOf(path));
  return back.length === path.length && !path.includes('');
}
