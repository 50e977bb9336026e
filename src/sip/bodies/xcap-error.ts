/** RFC 4825 §11: `application/xcap-error+xml`, why a document was not changed (409). */
import { type Element, element } from '#xml/element.ts';
import { NS_XCAP_ERROR as NS } from './namespaces.ts';
import { writeXml } from './xml-body.ts';

export const XCAP_ERROR_TYPE = 'application/xcap-error+xml';

/** §11.1. */
export type XcapFault =
  | {
      readonly kind:
        | 'schema-validation-error'
        | 'not-xml-frag'
        | 'cannot-insert'
        | 'cannot-delete'
        | 'not-xml-att-value'
        | 'constraint-failure'
        | 'not-well-formed'
        | 'not-utf-8';
    }
  /** `ancestor`: a URI of what is there and would have to have children. */
  | { readonly kind: 'no-parent'; readonly ancestor?: string }
  | {
      readonly kind: 'uniqueness-failure';
      readonly fields: readonly {
        /** Selects the element or attribute that has to be another. */
        readonly field: string;
        readonly alternatives?: readonly string[];
      }[];
    }
  | { readonly kind: 'extension'; readonly content: Element };

/** @param phrase for people @returns a byte string */
export function writeXcapError(fault: XcapFault, phrase?: string): string {
  return writeXml(element('xcap-error', NS, {}, element(fault.kind, NS, { phrase }, ...contentOf(fault))));
}

function contentOf(fault: XcapFault): Element[] {
  switch (fault.kind) {
    case 'no-parent':
      return fault.ancestor === undefined ? [] : [element('ancestor', NS, {}, fault.ancestor)];
    case 'uniqueness-failure':
      return fault.fields.map(({ field, alternatives = [] }) =>
        element('exists', NS, { field }, ...alternatives.map((one) => element('alt-value', NS, {}, one))),
      );
    case 'extension':
      return [fault.content];
    default:
      return [];
  }
}
