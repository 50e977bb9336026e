/** What people have said of themselves in other extensions of PIDF; kept in `extra`, read where somebody asks. */
import type { Element } from '#xml/element.ts';
import { isRpid } from './activities.ts';
import type { Pidf } from './pidf.ts';

/**
 * RFC 4480 §3.10: home, work, or a word of one's own; what RFC 4745 §7.2 compares with. RFC 4480 writes elements, many
 * clients text.
 */
export function sphereOf(pidf: Pidf): string | undefined {
  for (const parts of [pidf.persons, pidf.tuples]) {
    for (const { extra } of parts) {
      const sphere = extra.find(({ name, ns }) => name === 'sphere' && isRpid(ns));
      if (sphere !== undefined) return sphereIn(sphere);
    }
  }
  return undefined;
}

function sphereIn(sphere: Element): string | undefined {
  const named = sphere.firstChild();
  const word = named === undefined || named.name === 'other' ? (named ?? sphere).text().trim() : named.name;
  return word === '' || word === 'unknown' ? undefined : word;
}
