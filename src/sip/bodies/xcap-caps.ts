/** RFC 4825 §12: `application/xcap-caps+xml`, what an XCAP server knows. */
import { Element, element } from '#xml/element.ts';
import { NS_XCAP_CAPS as NS } from './namespaces.ts';
import { writeXml } from './xml-body.ts';

export const XCAP_CAPS_TYPE = 'application/xcap-caps+xml';

export interface XcapCaps {
  /** Application usages. */
  readonly auids: readonly string[];
  readonly extensions: readonly string[];
  /** All that may stand in its documents. */
  readonly namespaces: readonly string[];
}

/** @returns a byte string */
export function writeXcapCaps({ auids, extensions, namespaces }: XcapCaps): string {
  return writeXml(
    element(
      'xcap-caps',
      NS,
      {},
      listOf('auids', 'auid', auids),
      listOf('extensions', 'extension', extensions),
      listOf('namespaces', 'namespace', namespaces),
    ),
  );
}

function listOf(name: string, item: string, values: readonly string[]): Element {
  return new Element(
    name,
    NS,
    {},
    values.map((value) => element(item, NS, {}, value)),
  );
}
