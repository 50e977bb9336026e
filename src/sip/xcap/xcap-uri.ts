/** URIs of XCAP resources below the root (RFC 4825 §6). Pure. */

export interface XcapUri {
  readonly auid: string;
  readonly tree: 'users' | 'global';
  /** Whose tree it is: the segment, without percent-encoding; '' in the global tree. */
  readonly xui: string;
  /** Names of folders and document, without percent-encoding. */
  readonly path: readonly string[];
  /** Without percent-encoding; undefined for the document itself. */
  readonly selector: string | undefined;
  /** Without percent-encoding; '' for none. */
  readonly query: string;
  /** As it came, up to the document. */
  readonly documentUri: string;
}

/** @param target what follows the root: '/resource-lists/users/...' @returns undefined for what can name no document */
export function parseXcapUri(target: string): XcapUri | undefined {
  const queryAt = target.indexOf('?');
  const whole = queryAt < 0 ? target : target.slice(0, queryAt);
  const segments = whole.split('/').slice(1);
  const decoded = segments.map(decode);
  const query = queryAt < 0 ? '' : decode(target.slice(queryAt + 1));
  const separatorAt = decoded.indexOf('~~');
  const end = separatorAt < 0 ? segments.length : separatorAt;
  const selector = separatorAt < 0 ? undefined : decode(segments.slice(separatorAt + 1).join('/'));
  const names = decoded.slice(0, end);
  if (names.includes(undefined) || query === undefined) return undefined;
  if (separatorAt >= 0 && selector === undefined) return undefined;
  const [auid = '', tree, ...rest] = names as string[];
  if (tree !== 'users' && tree !== 'global') return undefined;
  const xui = tree === 'users' ? (rest.shift() ?? '') : '';
  const isNamed = rest.length > 0 && rest.every((name) => name !== '' && name !== '.' && name !== '..');
  if (!isNamed || (tree === 'users' && xui === '')) return undefined;
  const documentUri = `/${segments.slice(0, end).join('/')}`;
  return { auid, tree, xui, path: rest, selector, query, documentUri };
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
