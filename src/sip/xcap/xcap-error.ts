import { writeXcapError, type XcapFault } from '../bodies/xcap-error.ts';
import { readText } from '../wire/byte-string.ts';

export type XcapFaultKind = Exclude<XcapFault['kind'], 'extension'>;

/** Why a document cannot become what a client wants (RFC 4825 §11): a conflict, and a document that says which. */
export class XcapError extends Error {
  readonly fault: XcapFault;

  /** @param phrase one sentence, for the person who asked */
  constructor(fault: XcapFault, phrase: string) {
    super(phrase);
    this.name = 'XcapError';
    this.fault = fault;
  }

  /** A document of the type application/xcap-error+xml, as text. */
  get document(): string {
    return readText(writeXcapError(this.fault, this.message));
  }
}

/** One that says nothing but what it is. */
export function xcapError(kind: Exclude<XcapFaultKind, 'no-parent' | 'uniqueness-failure'>, phrase: string): XcapError {
  return new XcapError({ kind }, phrase);
}

/** @param ancestor the URI of the closest ancestor that exists (§11.2.3) */
export function noParent(phrase: string, ancestor: string): XcapError {
  return new XcapError({ kind: 'no-parent', ancestor }, phrase);
}

/** @param field the node, relative to the root, whose value is there already (§11.2.8) */
export function notUnique(phrase: string, field: string, alternative?: string): XcapError {
  const alternatives = alternative === undefined ? [] : [alternative];
  return new XcapError({ kind: 'uniqueness-failure', fields: [{ field, alternatives }] }, phrase);
}
