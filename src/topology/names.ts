/** What nodes and subclusters may be called. */
import { Failure } from '#base/failure.ts';

/** The subcluster that every cluster begins with; it holds the publisher. */
export const DEFAULT_SUBCLUSTER = 'DefaultCUPSubcluster';

const MAX_SUBCLUSTER_LENGTH = 128;
const MAX_HOST_LENGTH = 253;
const LABEL = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;

/** @throws {Failure} 'malformed' */
export function checkSubclusterName(name: string): string {
  if (name.length <= MAX_SUBCLUSTER_LENGTH && /^[A-Za-z0-9_-]+$/.test(name)) return name;
  throw new Failure(
    'malformed',
    `${quoted(name)} cannot name a subcluster: use 1 to ${MAX_SUBCLUSTER_LENGTH} letters, digits, hyphens and underscores`,
  );
}

/**
 * A node's host name in lower case, short or in full.
 * @throws {Failure} 'malformed' for what is none: RFC 1123 §2.1, and no IP address
 */
export function checkNodeName(given: string): string {
  const name = given.toLowerCase().replace(/\.$/, '');
  const labels = name.split('.');
  const isHost = name.length <= MAX_HOST_LENGTH && /^[a-z]/.test(name) && labels.every((label) => LABEL.test(label));
  if (isHost && !/^\d+$/.test(labels.at(-1)!)) return name;
  throw new Failure(
    'malformed',
    `${quoted(given)} cannot name a node: use its host name, of letters, digits and hyphens, at most 63 between two dots, ` +
      'with a letter first',
  );
}

/** What this machine is called where that may name a node, else `localhost`. */
export function nodeNameOf(hostName: string): string {
  try {
    return checkNodeName(hostName);
  } catch {
    return 'localhost';
  }
}

function quoted(text: string): string {
  return JSON.stringify(text.slice(0, 140));
}
