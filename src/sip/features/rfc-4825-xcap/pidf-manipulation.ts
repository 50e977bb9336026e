/** The application usage pidf-manipulation (RFC 4827): presence that holds while nobody says anything else. */
import type { Home } from '#accounts/home.ts';
import { NEVER } from '#presence/source.ts';
import { putSource, removeSource, sourceOf } from '#presence/sources.ts';
import { NS_CAPS, NS_CIPID, NS_DATA_MODEL, NS_PIDF, NS_RPID, NS_TIMED, PREFIXES } from '../../bodies/namespaces.ts';
import { type Pidf, readPidf } from '../../bodies/pidf.ts';
import { readText, writeText } from '../../wire/byte-string.ts';
import { SipError } from '../../wire/sip-error.ts';
import { publicationOf } from '../rfc-3903-publish/client.ts';
import { contactOf } from './contact-uris.ts';
import type { ApplicationUsage } from './usage.ts';
import { constraint, invalid } from './validation.ts';

const ID = 'hard-state';

export const pidfManipulation: ApplicationUsage = {
  auid: 'pidf-manipulation',
  documentName: 'index',
  contentType: 'application/pidf+xml',
  namespace: NS_PIDF,
  prefixes: PREFIXES,
  extensions: [NS_DATA_MODEL, NS_RPID, NS_TIMED, NS_CIPID, NS_CAPS],
  render: (_home, kept) => kept,
  stored(home) {
    const payload = sourceOf(home, ID)?.publication.native?.payload;
    return payload === undefined ? undefined : readText(payload);
  },
  async apply(home, decide) {
    const wanted = decide();
    if (wanted === undefined) {
      removeSource(home, ID);
      return;
    }
    const body = writeText(wanted.text);
    const publication = publicationOf(readOwn(body, home), ID, home.homes.clock.now(), body);
    putSource(home, { id: ID, kind: 'hard-state', publication, tag: '', expiresAt: NEVER });
  },
};

/** @throws {XcapError} */
function readOwn(body: string, home: Home): Pidf {
  const pidf = readAsXcap(body);
  if (contactOf(readText(pidf.entity)) !== home.address) throw constraint('the document is about somebody else');
  return pidf;
}

function readAsXcap(body: string): Pidf {
  try {
    return readPidf(body);
  } catch (error) {
    if (error instanceof SipError) throw invalid(error.reason);
    throw error;
  }
}
