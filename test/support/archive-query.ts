import { type Element, element } from '#xml/element.ts';
import type { XmppClient } from './xmpp-client.ts';
import { ProtocolError } from './xmpp-connection.ts';

const MAM_NS = 'urn:xmpp:mam:2';
const RSM_NS = 'http://jabber.org/protocol/rsm';
const FORWARD_NS = 'urn:xmpp:forward:0';
const DELAY_NS = 'urn:xmpp:delay';

export interface ArchivedMessage {
  /** The archive's id, which is the stanza-id that went with the message (XEP-0313 §5.1.1). */
  archiveId: string;
  message: Element;
  /** XEP-0203 stamp. */
  stamp: string;
}

/** The whole archive of the signed-in account, oldest first, page by page (XEP-0313 §4, XEP-0059 §2.3). */
export async function queryArchive(client: XmppClient, pageSize = 100): Promise<ArchivedMessage[]> {
  const all: ArchivedMessage[] = [];
  for (let after: string | undefined; ; ) {
    const { page, last, complete } = await queryPage(client, pageSize, after);
    for (const message of page) all.push(message);
    if (complete) return all;
    if (last === undefined || last === after) throw new ProtocolError('XEP-0059: an incomplete page without an end');
    after = last;
  }
}

let queries = 0;

async function queryPage(client: XmppClient, max: number, after: string | undefined) {
  const queryid = `query-${++queries}`;
  const paging = element(
    'set',
    RSM_NS,
    {},
    element('max', RSM_NS, {}, `${max}`),
    after === undefined ? undefined : element('after', RSM_NS, {}, after),
  );
  const isOurs = (stanza: Element) => stanza.child('result', MAM_NS)?.attribute('queryid') === queryid;
  const collected = client.collect(isOurs);
  try {
    const answer = await client.request('set', element('query', MAM_NS, { queryid }, paging));
    const fin = answer.child('fin', MAM_NS);
    if (!fin) throw new ProtocolError('XEP-0313 §4.2: an answer without <fin/>');
    return {
      page: collected().map(archivedMessage),
      last: fin.child('set', RSM_NS)?.childText('last'),
      complete: fin.attribute('complete') === 'true',
    };
  } finally {
    collected();
  }
}

function archivedMessage(stanza: Element): ArchivedMessage {
  const result = stanza.child('result', MAM_NS)!;
  const forwarded = result.child('forwarded', FORWARD_NS);
  const message = forwarded?.child('message', 'jabber:client');
  const archiveId = result.attribute('id');
  if (!message || !archiveId) throw new ProtocolError('XEP-0313 §4.2: a result without id or message');
  return { archiveId, message, stamp: forwarded?.child('delay', DELAY_NS)?.attribute('stamp') ?? '' };
}
