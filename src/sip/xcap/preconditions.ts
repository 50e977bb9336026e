/** Conditional requests over entity-tags (RFC 4825 §7.11, RFC 9110 §13). Pure. */

export interface Preconditions {
  readonly ifMatch: string | undefined;
  readonly ifNoneMatch: string | undefined;
}

/**
 * @param tag of the document, in quotes; undefined where there is none
 * @param isThere whether there is what is asked about: the document, or a node of it. '*' stands for that, not for the
 *   document around a node
 * @returns 'not-modified' for a GET whose asker has it already; 'failed' for what must not be done (412)
 */
export function judge(
  { ifMatch, ifNoneMatch }: Preconditions,
  tag: string | undefined,
  isThere: boolean,
  isReading: boolean,
): 'go-on' | 'not-modified' | 'failed' {
  // RFC 9110 §13.1.1: If-Match compares strongly, so a weak tag fits nothing.
  if (ifMatch !== undefined && !fits(ifMatch, tag, isThere)) return 'failed';
  if (ifNoneMatch === undefined || !fits(ifNoneMatch.replaceAll('W/"', '"'), tag, isThere)) return 'go-on';
  return isReading ? 'not-modified' : 'failed';
}

function fits(condition: string, tag: string | undefined, isThere: boolean): boolean {
  if (condition.trim() === '*') return isThere;
  if (tag === undefined) return false;
  return condition.split(',').some((one) => one.trim() === tag);
}
