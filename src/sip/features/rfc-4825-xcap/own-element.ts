import type { Home } from '#accounts/home.ts';
import type { Element } from '#xml/element.ts';
import { readWhole } from '../../xcap/fragment.ts';
import { SelectorError, selectOne } from '../../xcap/selector.ts';
import { parseXcapUri } from '../../xcap/xcap-uri.ts';
import { contactOf } from './contact-uris.ts';
import { readNodeSelector } from './nodes.ts';
import type { ApplicationUsage } from './usage.ts';
import { XCAP_ROOT } from './xcap-root.ts';

/**
 * The element of an account's own document that an HTTP URI names, whatever name the server has in it.
 * @param text of the document
 * @returns undefined where it names none, or something of somebody else
 */
export function ownElement(home: Home, usage: ApplicationUsage, uri: string, text: string): Element | undefined {
  const path = uri.trim().replace(/^https?:\/\/[^/?#]*/i, '');
  const parsed = path.startsWith(`${XCAP_ROOT}/`) ? parseXcapUri(path.slice(XCAP_ROOT.length)) : undefined;
  const isOwn =
    parsed?.auid === usage.auid &&
    contactOf(/^[a-z]+:/i.test(parsed.xui) ? parsed.xui : `sip:${parsed.xui}`) === home.address &&
    parsed.path.join('/') === usage.documentName;
  if (!isOwn || parsed.selector === undefined) return undefined;
  try {
    return selectOne(readWhole(text).root, readNodeSelector(parsed, usage.namespace).steps)?.element;
  } catch (error) {
    if (error instanceof SelectorError) return undefined;
    throw error;
  }
}
