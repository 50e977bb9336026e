/** The application usage xcap-caps (RFC 4825 §12). */
import { NS_XCAP_CAPS, NS_XCAP_ERROR } from '../../bodies/namespaces.ts';
import { writeXcapCaps } from '../../bodies/xcap-caps.ts';
import { readText } from '../../wire/byte-string.ts';
import { type Present, tagOf } from './documents.ts';
import type { ApplicationUsage } from './usage.ts';

export const CAPS_AUID = 'xcap-caps';

/** Which usages there are, and which namespaces their documents may be in. There are no extensions. */
export function capsDocument(usages: readonly ApplicationUsage[]): Present {
  const own = usages.flatMap(({ namespace, extensions }) => [namespace, ...extensions]);
  const text = readText(
    writeXcapCaps({
      auids: [CAPS_AUID, ...usages.map(({ auid }) => auid)],
      extensions: [],
      namespaces: [...new Set([NS_XCAP_CAPS, NS_XCAP_ERROR, ...own])],
    }),
  );
  return { text, tag: tagOf(text) };
}
