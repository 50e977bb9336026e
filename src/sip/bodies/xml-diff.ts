/** What RFC 5261 patches make one document of another. */
import { Element, type Node } from '#xml/element.ts';

/** Something has changed that these patches have no words for: the whole document is to be sent. */
export class NoDiff extends Error {}

export interface Operations {
  readonly operations: readonly Element[];
  /** Prefixes that their selectors need. */
  readonly prefixes: Readonly<Record<string, string>>;
}

/**
 * @param ns       of the operations
 * @param base     the default namespace of the document that they will stand in
 * @param prefixes that everybody expects, by namespace
 * @returns undefined where only the whole document tells
 */
export function diffElements(
  before: Element,
  after: Element,
  ns: string,
  base: string,
  prefixes: ReadonlyMap<string, string>,
): Operations | undefined {
  const differ = new Differ(ns, base, prefixes);
  try {
    differ.element('*', before, after);
  } catch (error) {
    if (error instanceof NoDiff) return undefined;
    throw error;
  }
  return { operations: differ.operations, prefixes: differ.prefixes };
}

class Differ {
  readonly operations: Element[] = [];
  readonly prefixes: Record<string, string> = {};
  #ns: string;
  #base: string;
  #known: ReadonlyMap<string, string>;
  #byNs = new Map<string, string>();

  constructor(ns: string, base: string, known: ReadonlyMap<string, string>) {
    this.#ns = ns;
    this.#base = base;
    this.#known = known;
  }

  #say(name: string, attributes: Record<string, string>, ...children: Node[]): void {
    this.operations.push(new Element(name, this.#ns, attributes, children));
  }

  #name({ name, ns }: Element): string {
    if (ns === this.#base) return name;
    // A selector has no way to name what is in no namespace while there is a default one (RFC 5261 §4.2.2).
    if (ns === '') throw new NoDiff();
    let prefix = this.#byNs.get(ns);
    if (prefix === undefined) {
      prefix = this.#known.get(ns) ?? `x${this.#byNs.size}`;
      this.#byNs.set(ns, prefix);
      this.prefixes[prefix] = ns;
    }
    return `${prefix}:${name}`;
  }

  element(path: string, before: Element, after: Element): void {
    if (!before.is(after.name, after.ns)) throw new NoDiff();
    const kinds = new Set([contentOf(before), contentOf(after)]);
    if (kinds.has('mixed') || (kinds.has('text') && kinds.has('elements'))) {
      this.#replaceWhole(path, before, after);
      return;
    }
    this.#attributes(path, before, after);
    if (kinds.has('text')) this.#text(path, before, after);
    else this.#children(path, before, after);
  }

  #replaceWhole(path: string, before: Element, after: Element): void {
    if (path === '*') throw new NoDiff();
    if (!isSame(before, after)) this.#say('replace', { sel: path }, after);
  }

  #attributes(path: string, before: Element, after: Element): void {
    for (const key in before.attributes) {
      const value = after.attributes[key];
      if (value === before.attributes[key]) continue;
      const sel = `${path}/@${attributeName(key)}`;
      if (value === undefined) this.#say('remove', { sel });
      else this.#say('replace', { sel }, value);
    }
    for (const key in after.attributes) {
      if (Object.hasOwn(before.attributes, key)) continue;
      this.#say('add', { sel: path, type: `@${attributeName(key)}` }, after.attributes[key]!);
    }
  }

  #text(path: string, before: Element, after: Element): void {
    const text = after.text();
    if (before.text() === text) return;
    if (before.children.length === 0) this.#say('add', { sel: path }, text);
    else if (after.children.length === 0) this.#say('remove', { sel: `${path}/text()` });
    else this.#say('replace', { sel: `${path}/text()` }, text);
  }

  #children(path: string, before: Element, after: Element): void {
    const old = this.#steps(before);
    const now = this.#steps(after);
    const kept = [...old.keys()].filter((step) => now.has(step));
    // What changes places is more easily said anew.
    const order = [...now.keys()].filter((step) => old.has(step));
    if (kept.some((step, i) => order[i] !== step)) throw new NoDiff();
    // From the end, so that places in front keep their number.
    for (const step of [...old.keys()].reverse()) if (!now.has(step)) this.#say('remove', { sel: `${path}/${step}` });
    let previous: string | undefined;
    for (const [step, child] of now) {
      const counterpart = old.get(step);
      if (counterpart !== undefined) this.element(`${path}/${step}`, counterpart, child);
      else if (previous === undefined) this.#say('add', { sel: path, pos: 'prepend' }, child);
      else this.#say('add', { sel: `${path}/${previous}`, pos: 'after' }, child);
      previous = step;
    }
  }

  /** The step that leads to each child: by its id where it has one, by its place among its like otherwise. */
  #steps(parent: Element): Map<string, Element> {
    const steps = new Map<string, Element>();
    const places = new Map<string, number>();
    const withId = new Set<string>();
    for (const child of parent.elements()) {
      const name = this.#name(child);
      const id = child.attribute('id');
      if (id === undefined) places.set(name, (places.get(name) ?? 0) + 1);
      else withId.add(name);
      const step = id === undefined ? `${name}[${places.get(name)}]` : `${name}[@id=${quoted(id)}]`;
      if (steps.has(step)) throw new NoDiff();
      steps.set(step, child);
    }
    // A place counts all of a name.
    for (const name of withId) if (places.has(name)) throw new NoDiff();
    return steps;
  }
}

function quoted(id: string): string {
  if (!id.includes('"')) return `"${id}"`;
  if (id.includes("'")) throw new NoDiff();
  return `'${id}'`;
}

function attributeName(key: string): string {
  if (key.startsWith('{')) throw new NoDiff();
  return key;
}

function contentOf({ children }: Element): 'nothing' | 'text' | 'elements' | 'mixed' {
  const texts = children.filter((child) => typeof child === 'string').length;
  if (children.length === 0) return 'nothing';
  if (texts === 0) return 'elements';
  return texts === children.length ? 'text' : 'mixed';
}

function isSame(one: Element, other: Element): boolean {
  const { children, attributes } = one;
  if (!one.is(other.name, other.ns) || children.length !== other.children.length) return false;
  const keys = Object.keys(attributes);
  if (keys.length !== Object.keys(other.attributes).length) return false;
  if (keys.some((key) => attributes[key] !== other.attributes[key])) return false;
  return children.every((child, i) => {
    const counterpart = other.children[i]!;
    if (typeof child === 'string' || typeof counterpart === 'string') return child === counterpart;
    return isSame(child, counterpart);
  });
}
