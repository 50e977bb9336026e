/**
 * RFC 5261 §4.1: the selectors of patches, the part of XPath that names one node: steps by name, place, attribute or
 * text; at the end an attribute, a text or a namespace.
 */
import type { Element } from '#xml/element.ts';
import { PatchError } from './patch-error.ts';

/** A name with its namespace; undefined for `*`. */
export type Name = { readonly ns: string; readonly name: string } | undefined;

export type Predicate =
  | { readonly by: 'place'; readonly place: number }
  /** @param key of an attribute, as `Element` has it */
  | { readonly by: 'attribute'; readonly key: string; readonly value: string }
  | { readonly by: 'child'; readonly child: NonNullable<Name>; readonly value: string }
  | { readonly by: 'text'; readonly value: string };

export interface Step {
  readonly name: Name;
  readonly predicates: readonly Predicate[];
}

export type Target =
  | { readonly kind: 'element' }
  | { readonly kind: 'attribute'; readonly key: string }
  | { readonly kind: 'text'; readonly place: number }
  | { readonly kind: 'namespace'; readonly prefix: string };

export interface Selector {
  readonly steps: readonly Step[];
  readonly target: Target;
}

/** @returns the namespace of a prefix, '' for the default; undefined where it is not declared */
export type Resolve = (prefix: string) => string | undefined;

const MAX_STEPS = 32;
/** A name without colon, as a pattern. */
export const NAME = '[A-Za-z_\\u0080-\\uffff][\\w.\\-\\u0080-\\uffff]*';
const QNAME = `(?:(${NAME}):)?(${NAME})`;
const STEP = new RegExp(`(?:(\\*)|${QNAME})(?=[[/]|$)`, 'y');
const PREDICATE = new RegExp(
  `\\[\\s*(?:(\\d{1,6})|(?:(@)?${QNAME}|(\\.))\\s*=\\s*(?:"([^"]*)"|'([^']*)'))\\s*\\]`,
  'y',
);
const LAST = new RegExp(`(?:@${QNAME}|(text\\(\\))(?:\\[\\s*(\\d{1,6})\\s*\\])?|namespace::(${NAME}))$`, 'y');

/** @throws {PatchError} */
export function parseSelector(text: string, resolve: Resolve): Selector {
  return new SelectorParser(text.trim(), resolve).parse();
}

class SelectorParser {
  #text: string;
  #resolve: Resolve;
  #at = 0;

  constructor(text: string, resolve: Resolve) {
    this.#text = text;
    this.#resolve = resolve;
  }

  parse(): Selector {
    const text = this.#text;
    if (text.startsWith('id(')) throw new PatchError('unsupported-id-function', text);
    if (text.startsWith('/')) this.#at = 1;
    const steps: Step[] = [];
    for (;;) {
      const target = this.#last();
      if (target !== undefined && steps.length > 0) return { steps, target };
      steps.push(this.#step());
      if (this.#at === text.length) return { steps, target: { kind: 'element' } };
      if (text[this.#at] !== '/' || steps.length >= MAX_STEPS) throw this.#unlocated();
      this.#at++;
    }
  }

  #match(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text);
    if (found === null) return undefined;
    this.#at = pattern.lastIndex;
    return found;
  }

  #last(): Target | undefined {
    const found = this.#match(LAST);
    if (found === undefined) return undefined;
    const [, prefix, name, isText, place, namespace] = found;
    if (namespace !== undefined) return { kind: 'namespace', prefix: namespace };
    if (isText !== undefined) return { kind: 'text', place: Number(place ?? 1) };
    return { kind: 'attribute', key: this.#key(prefix, name!) };
  }

  #step(): Step {
    const found = this.#match(STEP);
    if (found === undefined) throw this.#unlocated();
    const [, any, prefix, name] = found;
    return { name: any === undefined ? this.#name(prefix, name!) : undefined, predicates: this.#predicates() };
  }

  #predicates(): Predicate[] {
    const predicates: Predicate[] = [];
    for (let found = this.#match(PREDICATE); found !== undefined; found = this.#match(PREDICATE)) {
      const [, place, at, prefix, name, self, double, single] = found;
      const value = double ?? single ?? '';
      if (place !== undefined) predicates.push({ by: 'place', place: Number(place) });
      else if (self !== undefined) predicates.push({ by: 'text', value });
      else if (at !== undefined) predicates.push({ by: 'attribute', key: this.#key(prefix, name!), value });
      else predicates.push({ by: 'child', child: this.#name(prefix, name!), value });
    }
    return predicates;
  }

  /** §4.2.2: other than in XPath, a name without prefix is in the default namespace. */
  #name(prefix: string | undefined, name: string): NonNullable<Name> {
    const ns = this.#resolve(prefix ?? '');
    if (ns === undefined) throw new PatchError('invalid-namespace-prefix', this.#text);
    return { ns, name };
  }

  #key(prefix: string | undefined, name: string): string {
    if (prefix === undefined) return name;
    return prefix === 'xml' ? `xml:${name}` : `{${this.#name(prefix, name).ns}}${name}`;
  }

  #unlocated(): PatchError {
    return new PatchError('unlocated-node', this.#text);
  }
}

/** An element, and where it hangs; the root hangs nowhere. */
export interface Place {
  readonly element: Element;
  readonly parent: Element | undefined;
}

/** The one element that the steps lead to. @throws {PatchError} 'unlocated-node' where there is none, or another */
export function locate(root: Element, { steps }: Selector, text: string): Place {
  let places: Place[] = matching([{ element: root, parent: undefined }], steps[0]!);
  for (const step of steps.slice(1)) {
    places = places.flatMap(({ element }) => matching(childrenOf(element), step));
  }
  const [found] = places;
  if (found === undefined || places.length > 1) throw new PatchError('unlocated-node', text);
  return found;
}

/** All elements that the steps lead to. */
export function selectAll(root: Element, steps: readonly Step[]): Element[] {
  let places: Place[] = matching([{ element: root, parent: undefined }], steps[0]!);
  for (const step of steps.slice(1)) {
    places = places.flatMap(({ element }) => matching(childrenOf(element), step));
  }
  return places.map(({ element }) => element);
}

function childrenOf(parent: Element): Place[] {
  return parent.elements().map((element) => ({ element, parent }));
}

function matching(siblings: readonly Place[], { name, predicates }: Step): Place[] {
  let found = siblings.filter(({ element }) => name === undefined || element.is(name.name, name.ns));
  for (const predicate of predicates) {
    found = found.filter(({ element }, i) => isMet(predicate, element, i + 1));
  }
  return found;
}

function isMet(predicate: Predicate, element: Element, place: number): boolean {
  switch (predicate.by) {
    case 'place':
      return predicate.place === place;
    case 'attribute':
      return element.attribute(predicate.key) === predicate.value;
    case 'text':
      return textOf(element) === predicate.value;
    case 'child': {
      const { child, value } = predicate;
      return element.elements().some((one) => one.is(child.name, child.ns) && textOf(one) === value);
    }
  }
}

/** XPath's string value: all text inside. */
function textOf(element: Element): string {
  let text = '';
  for (const child of element.children) text += typeof child === 'string' ? child : textOf(child);
  return text;
}
