import type { Source } from '#presence/source.ts';
import { PIDF_TYPES } from '../../bodies/pidf.ts';
import type { SipEdge } from '../../edge.ts';

/**
 * Makes a presence document of what a PUBLISH brings.
 * @param source what is changed by it; undefined: a new publication
 * @throws {SipError} 400
 */
export type PublicationReader = (body: string, source: Source | undefined) => string;

const readers = new WeakMap<SipEdge, Map<string, PublicationReader>>();

/** Documents that are presence documents already are not touched. */
const asItIs: PublicationReader = (body) => body;

/** Types of what may be published, with how they are read. */
export function publicationTypesOf(edge: SipEdge): Map<string, PublicationReader> {
  let found = readers.get(edge);
  if (found === undefined) {
    found = new Map(PIDF_TYPES.map((type) => [type, asItIs]));
    readers.set(edge, found);
  }
  return found;
}
