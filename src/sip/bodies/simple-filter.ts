/** RFC 4661: `application/simple-filter+xml`, what a watcher wants to be told, and when. */
import type { Element } from '#xml/element.ts';
import { SipError } from '../wire/sip-error.ts';
import { type FilterPath, parseFilterPath } from './filter-path.ts';
import { NS_PIDF, NS_SIMPLE_FILTER } from './namespaces.ts';
import { badBody, boolean, childrenOf, readXml } from './xml-body.ts';

export const SIMPLE_FILTER_TYPE = 'application/simple-filter+xml';

/** §3.4: nodes by a path, or everything of a namespace. */
export type Selection =
  | { readonly by: 'path'; readonly path: FilterPath }
  | { readonly by: 'namespace'; readonly ns: string };

/** §3.6. */
export type Change =
  | {
      readonly kind: 'changed';
      readonly path: FilterPath;
      readonly from?: string;
      readonly to?: string;
      readonly by?: number;
    }
  | { readonly kind: 'added' | 'removed'; readonly path: FilterPath };

export interface Filter {
  readonly id: string;
  /** Which resource of a list it is for (§3.3); neither: all. */
  readonly uri?: string;
  readonly domain?: string;
  readonly isRemoved: boolean;
  readonly isEnabled: boolean;
  /** Undefined: everything. */
  readonly what?: { readonly include: readonly Selection[]; readonly exclude: readonly Selection[] };
  /** One is enough, all changes in it have to be there; none: every change of what it shows. */
  readonly triggers: readonly (readonly Change[])[];
}

export interface FilterSet {
  /** The event package it is written for. */
  readonly package?: string;
  readonly filters: readonly Filter[];
}

const MAX_FILTERS = 100;
/** Each is looked for in the whole of a document, at every change of it. */
const MAX_EXPRESSIONS = 30;

type Resolve = (prefix: string) => string | undefined;

/**
 * @param body a byte string
 * @throws {SipError} 400 for what is no filter, 488 for one that cannot be worked with (RFC 4660 §5.3)
 */
export function readFilterSet(body: string): FilterSet {
  const root = readXml(body, 'filter', 'filter-set', NS_SIMPLE_FILTER);
  const resolve = bindings(root.child('ns-bindings'));
  const elements = childrenOf(root, 'filter');
  if (elements.length > MAX_FILTERS) throw new SipError(488, `There are more than ${MAX_FILTERS} filters`);
  const filters = elements.map((element) => readFilter(element, resolve));
  if (new Set(filters.map(({ id }) => id)).size !== filters.length) throw bad('two filters have the same id');
  if (filters.reduce((sum, filter) => sum + sizeOf(filter), 0) > MAX_EXPRESSIONS) {
    throw new SipError(488, `The filters have more than ${MAX_EXPRESSIONS} expressions`);
  }
  const eventPackage = root.attribute('package');
  return eventPackage === undefined ? { filters } : { package: eventPackage, filters };
}

function sizeOf({ what, triggers }: Filter): number {
  const selections = what === undefined ? [] : [...what.include, ...what.exclude];
  const costs = [
    ...selections.map((one) => (one.by === 'path' ? one.path.cost : 1)),
    ...triggers.flat().map(({ path }) => path.cost),
  ];
  return costs.reduce((sum, cost) => sum + cost, 0);
}

/** §3.2. A name without prefix is one of the presence document, as people write them. */
function bindings(element: Element | undefined): Resolve {
  const bound = new Map([['', NS_PIDF]]);
  for (const binding of element === undefined ? [] : childrenOf(element, 'ns-binding')) {
    const { prefix, urn } = binding.attributes;
    if (prefix === undefined || urn === undefined) throw bad('an ns-binding has no prefix or no urn');
    bound.set(prefix, urn.trim());
  }
  return (prefix) => bound.get(prefix);
}

function readFilter(element: Element, resolve: Resolve): Filter {
  const { id, uri, domain } = element.attributes;
  if (!id) throw bad('a filter has no id');
  const what = element.child('what');
  return {
    id,
    isRemoved: boolean(element.attribute('remove')) ?? false,
    isEnabled: boolean(element.attribute('enabled')) ?? true,
    triggers: childrenOf(element, 'trigger').map((trigger) => readChanges(trigger, resolve)),
    ...(uri !== undefined && { uri }),
    ...(domain !== undefined && { domain }),
    ...(what !== undefined && { what: readWhat(what, resolve) }),
  };
}

function readWhat(what: Element, resolve: Resolve): NonNullable<Filter['what']> {
  const read = (name: string) => childrenOf(what, name).map((element) => readSelection(element, resolve));
  return { include: read('include'), exclude: read('exclude') };
}

function readSelection(element: Element, resolve: Resolve): Selection {
  const type = element.attribute('type') ?? 'xpath';
  if (type === 'namespace') return { by: 'namespace', ns: element.text().trim() };
  if (type !== 'xpath') throw new SipError(488, 'A filter selects neither by xpath nor by namespace');
  return { by: 'path', path: parseFilterPath(element.text(), resolve) };
}

function readChanges(trigger: Element, resolve: Resolve): Change[] {
  return trigger
    .elements()
    .filter(({ ns }) => ns === NS_SIMPLE_FILTER)
    .map((element) => readChange(element, resolve));
}

function readChange(element: Element, resolve: Resolve): Change {
  const path = parseFilterPath(element.text(), resolve);
  if (element.name === 'added' || element.name === 'removed') return { kind: element.name, path };
  if (element.name !== 'changed') throw new SipError(488, 'A trigger is changed, added or removed');
  const { from, to, by } = element.attributes;
  const amount = by === undefined ? undefined : Number(by);
  if (amount !== undefined && !(amount >= 0)) throw new SipError(488, 'A trigger changes by a number');
  return {
    kind: 'changed',
    path,
    ...(from !== undefined && { from }),
    ...(to !== undefined && { to }),
    ...(amount !== undefined && { by: amount }),
  };
}

/** RFC 4660 §5.2: filters of a later request are added, replaced by their id, or removed. */
export function mergeFilters(before: readonly Filter[], next: readonly Filter[]): Filter[] {
  const filters = new Map(before.map((filter) => [filter.id, filter]));
  for (const filter of next) {
    if (filter.isRemoved) filters.delete(filter.id);
    else filters.set(filter.id, filter);
  }
  return [...filters.values()];
}

/** §3.3: those for a resource itself, or else those for its domain, or else those for all. */
export function filtersFor(filters: readonly Filter[], uri: string): Filter[] {
  const enabled = filters.filter(({ isEnabled, isRemoved }) => isEnabled && !isRemoved);
  const domain = /@([^;?:]+)/.exec(uri)?.[1]?.toLowerCase();
  const own = enabled.filter((filter) => filter.uri === uri);
  if (own.length > 0) return own;
  const ofDomain = enabled.filter((filter) => filter.domain !== undefined && filter.domain.toLowerCase() === domain);
  if (ofDomain.length > 0) return ofDomain;
  return enabled.filter((filter) => filter.uri === undefined && filter.domain === undefined);
}

function bad(why: string): SipError {
  return badBody('filter', why);
}
