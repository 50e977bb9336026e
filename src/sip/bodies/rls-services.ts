/** RFC 4826 §4: `application/rls-services+xml`, the lists that can be subscribed to by a URI of their own. */
import type { Element } from '#xml/element.ts';
import { NS_RLS_SERVICES as NS, NS_RESOURCE_LISTS } from './namespaces.ts';
import { listOf, type ResourceList } from './resource-lists.ts';
import { badBody, childrenOf, readXml, token } from './xml-body.ts';

export const RLS_SERVICES_TYPE = 'application/rls-services+xml';

export interface RlsService {
  readonly uri: string;
  /** The list itself, or an HTTP URI of where it stands. */
  readonly list: ResourceList | { readonly kind: 'resource-list'; readonly uri: string };
  /** Event packages that it may be subscribed to for; undefined: all. */
  readonly packages?: readonly string[];
}

/** @param body a byte string @throws {SipError} 400 */
export function readRlsServices(body: string): RlsService[] {
  const services = childrenOf(readXml(body, 'RLS services', 'rls-services', NS), 'service').map(readService);
  // §4.3: a URI names one service.
  if (new Set(services.map(({ uri }) => uri)).size !== services.length) {
    throw badBody('RLS services', 'two services have the same URI');
  }
  return services;
}

function readService(service: Element): RlsService {
  const uri = service.attribute('uri')?.trim();
  if (!uri) throw badBody('RLS services', 'a service has no uri');
  const packages = service.child('packages');
  const list = readServiceList(service);
  if (packages === undefined) return { uri, list };
  return { uri, list, packages: childrenOf(packages, 'package').map((one) => one.text().trim()) };
}

function readServiceList(service: Element): RlsService['list'] {
  // §4.1: a list here is in the namespace of services, its members in that of lists.
  const list = service.child('list') ?? service.child('list', NS_RESOURCE_LISTS);
  if (list !== undefined) return listOf(list);
  const uri = token(service.child('resource-list'));
  if (!uri) throw badBody('RLS services', 'a service has no list');
  return { kind: 'resource-list', uri };
}
