/** The application usage xcap-caps (RFC 4825 §12). */
import { hash } from 'node:crypto';
import { writeDocument } from '#xml/document-writer.ts';
import { element } from '#xml/element.ts';
import { NS_XCAP_CAPS as NS, NS_XCAP_ERROR } from '../../bodies/namespaces.ts';
import type { Present } from './documents.ts';
import type { ApplicationUsage } from './usage.ts';

export const CAPS_AUID = 'xcap-caps';
export const CAPS_TYPE = 'application/xcap-caps+xml';

/** Which usages there are, and which namespaces their documents may be in. There are no extensions. */
export function capsDocument(usages: readonly ApplicationUsage[]): Present {
  const auids = [CAPS_AUID, ...usages.map(({ auid }) => auid)];
  const namespaces = new Set([NS, NS_XCAP_ERROR, ...usages.flatMap((usage) => [usage.namespace, ...usage.extensions])]);
  const items = (name: string, values: Iterable<string>) => [...values].map((value) => element(name, NS, {}, value));
  const root = element(
    'xcap-caps',
    NS,
    {},
    element('auids', NS, {}, ...items('auid', auids)),
    element('extensions', NS),
    element('namespaces', NS, {}, ...items('namespace', namespaces)),
  );
  const text = writeDocument(root, new Map());
  return { text, tag: `"${hash('sha256', text, 'base64url').slice(0, 22)}"` };
}
