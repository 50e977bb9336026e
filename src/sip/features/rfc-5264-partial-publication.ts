/**
 * RFC 5264: Publication of Partial Presence Information.
 * A client that has published its presence tells what has changed of it, and not all of it again.
 */
import type { Source } from '#presence/source.ts';
import { PIDF_DIFF_TYPE, patchPidf, readPidfDiff } from '../bodies/pidf-diff.ts';
import { readXmlDocument, writeXml } from '../bodies/xml-body.ts';
import { sipFeature } from '../feature.ts';
import { SipError } from '../wire/sip-error.ts';
import { publicationTypesOf } from './rfc-3903-publish/publication-types.ts';

export const partialPublication = sipFeature({
  spec: 'RFC 5264',
  title: 'Publication of Partial Presence Information',
  version: '',
  status: 'complete',
  note: 'With RFC 5262.',
  setup(sip) {
    const types = publicationTypesOf(sip.edge);
    types.set(PIDF_DIFF_TYPE, applyDiff);
    sip.onStop(() => types.delete(PIDF_DIFF_TYPE));
  },
});

/** §5: what a document is changed to is what would have been published whole. @throws {SipError} 400 */
function applyDiff(body: string, source: Source | undefined): string {
  const diff = readPidfDiff(body);
  if (diff.kind === 'full') return writeXml(diff.document);
  const before = source?.publication.native;
  if (before?.edge !== 'sip') throw new SipError(400, 'There Is Nothing That This Changes');
  const { root } = readXmlDocument(before.payload, 'PIDF');
  return writeXml(patchPidf(root, diff.patches).document);
}
