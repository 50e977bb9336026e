/** The documents that somebody has, as OMA XDM lists them (OMA-TS-XDM_Core §6.7.2). */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Home } from '#accounts/home.ts';
import { writeDocument } from '#xml/document-writer.ts';
import { element } from '#xml/element.ts';
import type { XcapUri } from '../../xcap/xcap-uri.ts';
import { uriOfContact } from './contact-uris.ts';
import { readPresent, tagOf } from './documents.ts';
import { absolute, checkMethod, nothingThere, READING, readFrom } from './exchange.ts';
import type { ApplicationUsage } from './usage.ts';
import { XCAP_ROOT } from './xcap-root.ts';

export const DIRECTORY_AUID = 'org.openmobilealliance.xcap-directory';
const NS = 'urn:oma:xml:xdm:xcap-directory';
const TYPE = 'application/vnd.oma.xcap-directory+xml';

/** Read alone: it follows from what there is. @throws {HttpError} 404, 405 */
export async function serveDirectory(
  request: IncomingMessage,
  response: ServerResponse,
  uri: XcapUri,
  home: Home,
  usages: readonly ApplicationUsage[],
): Promise<void> {
  if (uri.path.join('/') !== 'directory.xml') throw nothingThere();
  checkMethod(request, response, READING);
  const folders = [];
  for (const usage of usages) {
    const present = await readPresent(home, usage);
    const path = `${XCAP_ROOT}/${usage.auid}/users/${uriOfContact(home.address)}/${usage.documentName}`;
    const entry = present && element('entry', NS, { uri: absolute(request, path), etag: present.tag });
    folders.push(element('folder', NS, { auid: usage.auid }, entry));
  }
  const text = writeDocument(element('xcap-directory', NS, {}, ...folders), new Map());
  readFrom(request, response, uri, { text, tag: tagOf(text) }, TYPE, NS);
}
