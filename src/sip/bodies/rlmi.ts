/** RFC 4662 §5: `application/rlmi+xml`, what there is to be told of a list, and where it stands. */
import { type Element, element } from '#xml/element.ts';
import { NS_RLMI } from './namespaces.ts';
import { NO_NOTES, type Notes } from './notes.ts';
import { badBody, boolean, childrenOf, readXml, unsigned, writeXml } from './xml-body.ts';

export const RLMI_TYPE = 'application/rlmi+xml';

const STATES = ['active', 'pending', 'terminated'] as const;

/** §5.4: one subscription to a resource. */
export interface Instance {
  /** The same from one document to the next. */
  readonly id: string;
  readonly state: (typeof STATES)[number];
  /** Why it is terminated (RFC 6665 §4.1.3). */
  readonly reason?: string;
  /** Content-ID of the part that has its state, without brackets. */
  readonly cid?: string;
}

export interface ListedResource {
  readonly uri: string;
  /** By language, '' where none was given. */
  readonly names: Notes;
  readonly instances: readonly Instance[];
}

export interface ResourceListMeta {
  readonly uri: string;
  /** One more with each document of a subscription, from 0 (§5.2). */
  readonly version: number;
  readonly fullState: boolean;
  /** Of a nested list. */
  readonly cid?: string;
  readonly names: Notes;
  readonly resources: readonly ListedResource[];
}

/** @returns a byte string */
export function writeRlmi({ uri, version, fullState, cid, names, resources }: ResourceListMeta): string {
  const attributes = { uri, version: String(version), fullState: String(fullState), cid };
  return writeXml(element('list', NS_RLMI, attributes, ...nameElements(names), ...resources.map(resourceElement)));
}

function resourceElement({ uri, names, instances }: ListedResource): Element {
  const children = instances.map(({ id, state, reason, cid }) =>
    element('instance', NS_RLMI, { id, state, reason, cid }),
  );
  return element('resource', NS_RLMI, { uri }, ...nameElements(names), ...children);
}

function nameElements(names: Notes): Element[] {
  return Object.entries(names).map(([language, name]) =>
    element('name', NS_RLMI, language === '' ? {} : { 'xml:lang': language }, name),
  );
}

/** @param body a byte string @throws {SipError} 400 */
export function readRlmi(body: string): ResourceListMeta {
  const root = readXml(body, 'RLMI', 'list', NS_RLMI);
  const { uri, cid } = root.attributes;
  const version = unsigned(root.attribute('version'));
  const fullState = boolean(root.attribute('fullState'));
  if (!uri || version === undefined || fullState === undefined) {
    throw badBody('RLMI', 'a list has no uri, version or fullState');
  }
  const resources = childrenOf(root, 'resource').map(readResource);
  return { uri, version, fullState, names: readNames(root), resources, ...(cid !== undefined && { cid }) };
}

function readResource(resource: Element): ListedResource {
  const uri = resource.attribute('uri');
  if (!uri) throw badBody('RLMI', 'a resource has no uri');
  return { uri, names: readNames(resource), instances: childrenOf(resource, 'instance').map(readInstance) };
}

function readInstance(instance: Element): Instance {
  const { id, reason, cid } = instance.attributes;
  const state = STATES.find((known) => known === instance.attribute('state'));
  if (!id || state === undefined) throw badBody('RLMI', 'an instance has no id or no state');
  return { id, state, ...(reason !== undefined && { reason }), ...(cid !== undefined && { cid }) };
}

function readNames(element: Element): Notes {
  const named = childrenOf(element, 'name').map((name) => [name.attribute('xml:lang') ?? '', name.text()] as const);
  return named.length === 0 ? NO_NOTES : Object.fromEntries(named);
}
