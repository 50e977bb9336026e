/**
 * XEP-0030: Service Discovery, version 2.5.0.
 * Tells who the server and each account are, what they can do, and what belongs to them.
 */
import type { Home } from '#accounts/home.ts';
import { maySee } from '#presence/probes.ts';
import { type Element, element } from '#xml/element.ts';
import type { XmppEdge } from '../edge.ts';
import { type IqRequest, xmppFeature } from '../feature.ts';
import { type DiscoQuery, discoInfo, discoItems } from '../hooks.ts';
import { NS_DISCO_INFO, NS_DISCO_ITEMS } from '../wire/namespaces.ts';
import { NS_RSM, pageOf, readPageRequest, writePage } from '../wire/rsm.ts';
import { StanzaError } from '../wire/stanza-error.ts';

const MAX_ITEMS = 1000;

export const disco = xmppFeature({
  spec: 'XEP-0030',
  title: 'Service Discovery',
  version: '2.5.0',
  status: 'complete',
  note: 'Items come in pages where that is asked for (XEP-0059).',
  disco: [NS_DISCO_INFO, NS_DISCO_ITEMS, NS_RSM],
  setup(xmpp) {
    const { edge } = xmpp;
    // §8: to those who may not see an account it does not exist, and has no items.
    xmpp.onIqGet({ ns: NS_DISCO_INFO, name: 'query', at: 'both', by: 'subscribed' }, (iq) =>
      query(NS_DISCO_INFO, iq, describe(edge, queryOf(iq))),
    );
    const otherwise = (payload: Element) => element('query', NS_DISCO_ITEMS, { node: payload.attribute('node') });
    xmpp.onIqGet({ ns: NS_DISCO_ITEMS, name: 'query', at: 'both', by: 'anyone', otherwise }, (iq) =>
      query(NS_DISCO_ITEMS, iq, page(iq, itemsOf(edge, queryOf(iq)))),
    );
  },
});

/** What the server answers whoever asks about it as such. */
export function describeServer(edge: XmppEdge): Element[] {
  const about = { session: undefined, home: undefined, node: undefined, isOwner: false, isSubscribed: false };
  return describe(edge, { ...about, answer: [] });
}

/** §3: identities first, then features in order, then forms (XEP-0128). @throws {StanzaError} 'item-not-found' */
function describe(edge: XmppEdge, query: DiscoQuery): Element[] {
  if (query.node === undefined) query.answer.push(identity(query.home), ...features(edge, query.home));
  edge.homes.hooks.run(discoInfo, query);
  if (query.answer.length === 0) throw new StanzaError('item-not-found');
  return query.answer.sort((a, b) => rank(a) - rank(b));
}

const rank = ({ name }: Element) => ['identity', 'feature'].indexOf(name) >>> 0;

function identity(home: Home | undefined): Element {
  const [category, type] = home === undefined ? ['server', 'im'] : ['account', 'registered'];
  return element('identity', NS_DISCO_INFO, { category, type, name: home === undefined ? 'Rollcall' : undefined });
}

/** What the features that are on announce, each once: what is there twice spoils a hash of it (XEP-0115 §5.4). */
function features(edge: XmppEdge, home: Home | undefined): Element[] {
  const all = new Set<string>();
  for (const feature of edge.features.running()) {
    const own = home === undefined ? feature.discoServer : feature.discoAccount;
    for (const name of [...(feature.disco ?? []), ...(own ?? [])]) all.add(name);
  }
  return [...all].sort().map((name) => element('feature', NS_DISCO_INFO, { var: name }));
}

/** §4. A node that has no items is empty where something is said of it, and else is not there. */
function itemsOf(edge: XmppEdge, query: DiscoQuery): Element[] {
  const { home, node, isOwner, isSubscribed } = query;
  if (node === undefined && home !== undefined && isSubscribed) query.answer.push(...devices(home, isOwner));
  edge.homes.hooks.run(discoItems, query);
  if (node !== undefined && query.answer.length === 0 && (home === undefined || isSubscribed)) {
    describe(edge, { ...query, answer: [] });
  }
  return query.answer;
}

/** §4.1: others see the available ones, the owner those too that are only connected. */
function devices(home: Home, isOwner: boolean): Element[] {
  return [...home.devices.values()]
    .filter((device) => device.edge === 'xmpp' && (isOwner || device.publication !== undefined))
    .map((device) => element('item', NS_DISCO_ITEMS, { jid: `${home.address}/${device.id}` }));
}

function page({ payload }: IqRequest, items: Element[]): Element[] {
  if (payload.child('set', NS_RSM) === undefined) return items;
  const idOf = ({ attributes: { jid, node = '' } }: Element) => `${jid} ${node}`;
  const [some, which] = pageOf(items, idOf, readPageRequest(payload, MAX_ITEMS));
  return [...some, writePage(which)];
}

/** §3.2: the answer says which node was asked about. */
function query(ns: string, { payload }: IqRequest, answer: Element[]): Element {
  return element('query', ns, { node: payload.attribute('node') }, ...answer);
}

function queryOf({ session, to, home, isOwner, payload }: IqRequest): DiscoQuery {
  const isServer = to?.local === '';
  // A node is never empty (§4.2), so an empty one is none.
  const node = payload.attribute('node') || undefined;
  const isSubscribed = !isServer && (isOwner || maySee(home, session.jid.bare));
  return { session, home: isServer ? undefined : home, node, isOwner: !isServer && isOwner, isSubscribed, answer: [] };
}
