/** RFC 4661 §5: what the paths of filters name in a document. */
import type { Element } from '#xml/element.ts';
import type { FilterPath, Path, PathStep, Predicate } from './filter-path.ts';

/** An element, or one attribute of it. */
export interface Selected {
  readonly element: Element;
  readonly attribute: string | undefined;
}

/** What a path names in a document, each once. */
export function selectNodes(root: Element, { path }: FilterPath): Selected[] {
  const [first, ...rest] = path.steps;
  let found = first!.isDeep ? matchDeep([root], first!) : matchAmong([root], first!);
  for (const step of rest) {
    const next = new Set<Element>();
    for (const element of found) for (const one of below(element, step)) next.add(one);
    found = [...next];
  }
  const { attribute } = path;
  if (attribute === undefined) return found.map((element) => ({ element, attribute }));
  return found.flatMap((element) => attributesOf(element, attribute).map((key) => ({ element, attribute: key })));
}

function attributesOf({ attributes }: Element, key: string): string[] {
  if (key === '*') return Object.keys(attributes);
  return Object.hasOwn(attributes, key) ? [key] : [];
}

function below(element: Element, step: PathStep): Element[] {
  const children = element.elements();
  return step.isDeep ? matchDeep(children, step) : matchAmong(children, step);
}

function matchDeep(siblings: readonly Element[], step: PathStep): Element[] {
  return [...matchAmong(siblings, step), ...siblings.flatMap((one) => matchDeep(one.elements(), step))];
}

function matchAmong(siblings: readonly Element[], { ns, name, predicates }: PathStep): Element[] {
  let found = siblings.filter(
    (one) => (name === undefined || one.name === name) && (ns === undefined || one.ns === ns),
  );
  for (const predicate of predicates) found = found.filter((one, i) => isTrue(predicate, one, i + 1));
  return found;
}

function isTrue(predicate: Predicate, element: Element, place: number): boolean {
  switch (predicate.kind) {
    case 'place':
      return predicate.place === place;
    case 'all':
      return predicate.of.every((one) => isTrue(one, element, place));
    case 'any':
      return predicate.of.some((one) => isTrue(one, element, place));
    case 'compare': {
      const { path, operator, value = '' } = predicate;
      const values = valuesOf(element, path);
      return operator === undefined ? values.length > 0 : values.some((one) => compare(one, operator, value));
    }
  }
}

function valuesOf(element: Element, { steps, attribute }: Path): string[] {
  let found = [element];
  for (const step of steps) found = found.flatMap((one) => below(one, step));
  if (attribute === undefined) return found.map(stringValue);
  return found.flatMap((one) => attributesOf(one, attribute).map((key) => one.attributes[key]!));
}

function compare(one: string, operator: string, other: string): boolean {
  if (operator === '=') return one.trim() === other.trim();
  if (operator === '!=') return one.trim() !== other.trim();
  const [left, right] = [Number(one), Number(other)];
  if (operator === '<') return left < right;
  if (operator === '>') return left > right;
  return operator === '<=' ? left <= right : left >= right;
}

/** All text inside. */
export function stringValue(element: Element): string {
  let text = '';
  for (const child of element.children) text += typeof child === 'string' ? child : stringValue(child);
  return text;
}
