/**
 * RFC 5262: `application/pidf-diff+xml`, a presence document whole (`pidf-full`) or as what has changed of it
 * (`pidf-diff`); for notifications (RFC 5263) and publications (RFC 5264).
 */
import { Element } from '#xml/element.ts';
import { SipError } from '../wire/sip-error.ts';
import { NS_PIDF_DIFF as NS, NS_PIDF, PREFIXES } from './namespaces.ts';
import { PatchError } from './patch-error.ts';
import { type Pidf, pidfOf } from './pidf.ts';
import { pidfElement } from './pidf-writer.ts';
import { badBody, readXmlDocument, unsigned, writeXml } from './xml-body.ts';
import { diffElements } from './xml-diff.ts';
import { applyPatches, type Patch, patchesOf } from './xml-patch.ts';

export const PIDF_DIFF_TYPE = 'application/pidf-diff+xml';

export type PidfDiff =
  /** `document` is what a later diff is applied to. */
  | { readonly kind: 'full'; readonly version?: number; readonly document: Element; readonly pidf: Pidf }
  | { readonly kind: 'diff'; readonly version?: number; readonly entity?: string; readonly patches: readonly Patch[] };

/** @param body a byte string @throws {SipError} 400 */
export function readPidfDiff(body: string): PidfDiff {
  const document = readXmlDocument(body, 'PIDF diff');
  const { root } = document;
  if (root.ns !== NS) throw badBody('PIDF diff', 'its root is neither pidf-full nor pidf-diff');
  const version = unsigned(root.attribute('version'));
  const versioned = version === undefined ? {} : { version };
  if (root.name === 'pidf-full') {
    const { version: _, ...attributes } = root.attributes;
    const presence = new Element('presence', NS_PIDF, attributes, root.children);
    return { kind: 'full', ...versioned, document: presence, pidf: pidfOf(presence) };
  }
  if (root.name !== 'pidf-diff') throw badBody('PIDF diff', 'its root is neither pidf-full nor pidf-diff');
  const entity = root.attribute('entity');
  const patches = refusing(() => patchesOf(document));
  return { kind: 'diff', ...versioned, ...(entity !== undefined && { entity }), patches };
}

/**
 * @param document as its author wrote it: selectors count on that
 * @throws {SipError} 400 where the changes cannot be made, or leave no presence document behind
 */
export function patchPidf(document: Element, patches: readonly Patch[]): { document: Element; pidf: Pidf } {
  const patched = refusing(() => applyPatches(document, patches));
  if (!patched.is('presence', NS_PIDF)) throw badBody('PIDF diff', 'what it leaves is no presence');
  return { document: patched, pidf: pidfOf(patched) };
}

/** RFC 5261 §5: the fault is told by its name. */
function refusing<T>(run: () => T): T {
  try {
    return run();
  } catch (error) {
    if (error instanceof PatchError) throw new SipError(400, `Bad PIDF diff: ${error.fault}`);
    throw error;
  }
}

/** @returns a byte string */
export function writePidfFull(pidf: Pidf, version: number): string {
  const { attributes, children } = pidfElement(pidf);
  const root = new Element('pidf-full', NS, { ...attributes, version: String(version) }, children);
  return writeXml(root, { base: NS_PIDF });
}

/**
 * @param before what the watcher was sent last @param after of the same presentity
 * @returns a byte string; undefined where only the whole document tells
 */
export function writePidfDiff(before: Pidf, after: Pidf, version: number): string | undefined {
  const found = diffElements(pidfElement(before), pidfElement(after), NS, NS_PIDF, PREFIXES);
  if (found === undefined) return undefined;
  const attributes = { entity: after.entity, version: String(version) };
  const root = new Element('pidf-diff', NS, attributes, [...found.operations]);
  return writeXml(root, { base: NS_PIDF, selectors: found.prefixes });
}
