/** The application usage rls-services (RFC 4826 §4): lists that can be subscribed to by URIs of their own. */
import type { Home } from '#accounts/home.ts';
import type { Element } from '#xml/element.ts';
import { NS_RLS_SERVICES as NS, NS_RESOURCE_LISTS, PREFIXES } from '../../bodies/namespaces.ts';
import { listOf, type ResourceList } from '../../bodies/resource-lists.ts';
import { type RlsService, readRlsServices } from '../../bodies/rls-services.ts';
import { writeText } from '../../wire/byte-string.ts';
import { notUnique } from '../../xcap/xcap-error.ts';
import { contactOf, uriOfContact } from './contact-uris.ts';
import { checkList } from './contacts-reader.ts';
import { readPresent } from './documents.ts';
import { ownElement } from './own-element.ts';
import { resourceLists } from './resource-lists.ts';
import type { ApplicationUsage } from './usage.ts';
import { checkNoText, constraint, invalid, required } from './validation.ts';

/** The contact list has no place for services, and nothing of them is in it: the document itself is kept. */
export const rlsServices: ApplicationUsage = {
  auid: 'rls-services',
  documentName: 'index',
  contentType: 'application/rls-services+xml',
  namespace: NS,
  prefixes: PREFIXES,
  extensions: [NS_RESOURCE_LISTS],
  render: (_home, kept) => kept,
  async apply(home, decide) {
    const wanted = decide();
    if (wanted !== undefined) checkServices(wanted.root, home);
  },
};

/** The service of an account that has a URI; undefined where it has none. */
export async function serviceOf(home: Home, uri: string): Promise<RlsService | undefined> {
  const present = await readPresent(home, rlsServices);
  const address = contactOf(uri);
  const services = present === undefined ? [] : readRlsServices(writeText(present.text));
  return services.find((service) => contactOf(service.uri) === address);
}

/** What a service lists: its own list, or the part of the account's contact list that it refers to. */
export async function listOfService(home: Home, { list }: RlsService): Promise<ResourceList | undefined> {
  if (list.kind === 'list') return list;
  const present = await readPresent(home, resourceLists);
  const element = present && ownElement(home, resourceLists, list.uri, present.text);
  return element === undefined ? undefined : listOf(element);
}

/** @throws {XcapError} */
function checkServices(root: Element, home: Home): void {
  if (!root.is('rls-services', NS)) throw invalid('the root is not rls-services');
  checkNoText(root);
  const seen = new Set<string>();
  for (const service of root.elements()) {
    if (!service.is('service', NS)) throw invalid(`rls-services holds no ${service.name}`);
    const uri = required(service, 'uri');
    checkServiceUri(uri, home);
    if (seen.has(contactOf(uri)!))
      throw notUnique(`there are two services of ${uri}`, 'service/@uri', alternative(home, seen));
    seen.add(contactOf(uri)!);
    checkService(service);
  }
}

/** §4.3: a URI names one service on the whole server. Names that begin with the owner's own belong to nobody else. */
function checkServiceUri(uri: string, { address }: Home): void {
  const at = address.indexOf('@');
  const [own, domain] = [`${address.slice(0, at)}-`, address.slice(at)];
  const named = contactOf(uri) ?? '';
  if (named.startsWith(own) && named.endsWith(domain) && named !== `${own}list${domain}`) return;
  throw constraint(
    `${uri} is not yours to give: take ${uriOfContact(`${own}NAME${domain}`)}, with any name but list, which is all contacts`,
  );
}

function alternative({ address }: Home, taken: ReadonlySet<string>): string {
  const [local, domain] = address.split('@');
  for (let i = 1; ; i++) {
    const free = `${local}-${i}@${domain}`;
    if (!taken.has(free)) return uriOfContact(free);
  }
}

function checkService(service: Element): void {
  checkNoText(service);
  const lists = service.elements().filter(({ ns, name }) => ns === NS && (name === 'list' || name === 'resource-list'));
  if (lists.length !== 1) throw invalid('a service has one list or resource-list');
  const [list] = lists;
  if (list!.name === 'list') checkList(list!);
  else if (!/^https?:\/\/[^/]+\/./.test(list!.text().trim())) throw constraint('a resource-list is the URI of a list');
  for (const other of service.elements()) {
    if (other.ns !== NS || other === list) continue;
    if (other.name !== 'packages') throw invalid(`service holds no ${other.name}`);
    checkNoText(other);
    for (const name of other.elements()) {
      if (name.ns === NS && name.name !== 'package') throw invalid(`packages holds no ${name.name}`);
    }
  }
}
