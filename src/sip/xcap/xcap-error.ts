import { writeDocument } from '#xml/document-writer.ts';
import { element, type Node } from '#xml/element.ts';
import { NS_XCAP_ERROR } from '../bodies/namespaces.ts';

/** RFC 4825 §11.2: what a document of errors can say. */
export type XcapFault =
  | 'not-well-formed'
  | 'not-xml-frag'
  | 'no-parent'
  | 'schema-validation-error'
  | 'not-xml-att-value'
  | 'cannot-insert'
  | 'cannot-delete'
  | 'uniqueness-failure'
  | 'constraint-failure'
  | 'not-utf-8';

/** Why a document cannot become what a client wants (RFC 4825 §11): a conflict, and a document that says which. */
export class XcapError extends Error {
  readonly fault: XcapFault;
  readonly content: readonly Node[];

  /**
   * @param phrase one sentence, for the person who asked
   * @param content what the fault asks for: the `<ancestor>` of 'no-parent', the `<exists>` of 'uniqueness-failure'
   */
  constructor(fault: XcapFault, phrase: string, content: readonly Node[] = []) {
    super(phrase);
    this.name = 'XcapError';
    this.fault = fault;
    this.content = content;
  }
}

/** 'no-parent' (§11.2.3). @param ancestor the URI of the closest ancestor that exists */
export function noParent(phrase: string, ancestor: string): XcapError {
  return new XcapError('no-parent', phrase, [element('ancestor', NS_XCAP_ERROR, {}, ancestor)]);
}

/** 'uniqueness-failure' (§11.2.8). @param field the node, relative to the root, whose value is there already */
export function notUnique(phrase: string, field: string, alternative?: string): XcapError {
  const value = alternative === undefined ? undefined : element('alt-value', NS_XCAP_ERROR, {}, alternative);
  return new XcapError('uniqueness-failure', phrase, [element('exists', NS_XCAP_ERROR, { field }, value)]);
}

/** A document of the type application/xcap-error+xml. */
export function writeXcapError({ fault, message, content }: XcapError): string {
  const inside = element(fault, NS_XCAP_ERROR, { phrase: message }, ...content);
  return writeDocument(element('xcap-error', NS_XCAP_ERROR, {}, inside), new Map());
}
