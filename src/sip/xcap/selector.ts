/** Node selectors (RFC 4825 §6.3): the part of XPath that XCAP names elements, attributes and namespaces with. Pure. */
import type { Element } from '#xml/element.ts';
import { unescapeXml } from '#xml/entities.ts';
import { XmlError } from '#xml/parser.ts';

/** One step to child elements. */
export interface Step {
  /** As it was written. */
  readonly text: string;
  /** '*' for any. */
  readonly name: string;
  readonly ns: string;
  /** From 1 on, among the children of that name. */
  readonly position: number | undefined;
  readonly attribute: { readonly name: string; readonly value: string } | undefined;
}

export type Terminal =
  | { readonly kind: 'element' }
  /** In the manner of `Element`: '{namespace}local' for one in a namespace. */
  | { readonly kind: 'attribute'; readonly name: string }
  | { readonly kind: 'namespaces' };

export interface NodeSelector {
  readonly steps: readonly Step[];
  readonly terminal: Terminal;
}

/** A URI that names no node in any document: 400. */
export class SelectorError extends Error {}

/** What prefixes of a selector stand for; '' is the default document namespace of the application usage (§6.4). */
export type Bindings = ReadonlyMap<string, string>;

const MAX_STEPS = 32;
const NC_NAME = '[A-Za-z_\\u0080-\\uffff][\\w.\\-\\u0080-\\uffff]*';
const STEP = new RegExp(
  `(?:(?:(${NC_NAME}):)?(${NC_NAME})|(\\*))(?:\\[([1-9]\\d{0,5})\\])?` +
    `(?:\\[@(?:(${NC_NAME}):)?(${NC_NAME})=(?:"([^"<]*)"|'([^'<]*)')\\])?`,
  'y',
);
const ATTRIBUTE = new RegExp(`@(?:(${NC_NAME}):)?(${NC_NAME})$`, 'y');
const NAMESPACES = 'namespace::*';

/** @param text without percent-encoding @throws {SelectorError} */
export function parseSelector(text: string, bindings: Bindings): NodeSelector {
  const steps: Step[] = [];
  let at = 0;
  for (;;) {
    const terminal = steps.length > 0 ? readTerminal(text, at, bindings) : undefined;
    if (terminal !== undefined) return { steps, terminal };
    STEP.lastIndex = at;
    const found = STEP.exec(text);
    if (found === null || steps.length === MAX_STEPS) throw new SelectorError('the node selector is malformed');
    steps.push(toStep(found, bindings));
    at = STEP.lastIndex;
    if (at === text.length) return { steps, terminal: { kind: 'element' } };
    if (text[at] !== '/') throw new SelectorError('the node selector is malformed');
    at++;
  }
}

function toStep([text, prefix, local, any, position, ...test]: RegExpExecArray, bindings: Bindings): Step {
  const [attributePrefix, attributeLocal, double, single] = test;
  return {
    text,
    name: any ?? local!,
    ns: any === undefined ? resolve(prefix ?? '', bindings) : '',
    position: position === undefined ? undefined : Number(position),
    attribute:
      attributeLocal === undefined
        ? undefined
        : {
            name: attributeKey(attributePrefix, attributeLocal, bindings),
            value: unescapeValue(double ?? single ?? ''),
          },
  };
}

function readTerminal(text: string, at: number, bindings: Bindings): Terminal | undefined {
  if (text.slice(at) === NAMESPACES) return { kind: 'namespaces' };
  ATTRIBUTE.lastIndex = at;
  const found = ATTRIBUTE.exec(text);
  return found === null ? undefined : { kind: 'attribute', name: attributeKey(found[1], found[2]!, bindings) };
}

function attributeKey(prefix: string | undefined, local: string, bindings: Bindings): string {
  if (prefix === 'xml') return `xml:${local}`;
  return prefix === undefined ? local : `{${resolve(prefix, bindings)}}${local}`;
}

function resolve(prefix: string, bindings: Bindings): string {
  const ns = bindings.get(prefix);
  if (ns === undefined) throw new SelectorError(`the prefix ${prefix} is not bound by the query`);
  return ns;
}

function unescapeValue(value: string): string {
  try {
    return unescapeXml(value);
  } catch (error) {
    if (error instanceof XmlError) throw new SelectorError('the node selector is malformed');
    throw error;
  }
}

/**
 * The bindings of a query: `xmlns(a=urn:b)xmlns(...)`, in XPointer's words (§6.4). Parts of other schemes mean nothing.
 * @param query without percent-encoding
 * @throws {SelectorError}
 */
export function parseBindings(query: string, defaultNs: string): Bindings {
  const bindings = new Map([['', defaultNs]]);
  let rest = query.trim();
  while (rest !== '') {
    const found = new RegExp(`^(${NC_NAME})\\(((?:[^()^]|\\^[()^])*)\\)\\s*`).exec(rest);
    if (found === null) throw new SelectorError('the query binds no namespaces');
    rest = rest.slice(found[0].length);
    if (found[1] !== 'xmlns') continue;
    const binding = new RegExp(`^(${NC_NAME})\\s*=\\s*(.*)$`).exec(found[2]!.replace(/\^([()^])/g, '$1'));
    if (binding === null) throw new SelectorError('the query binds no namespaces');
    bindings.set(binding[1]!, binding[2]!);
  }
  return bindings;
}

/** An element in its place. */
export interface Found {
  readonly element: Element;
  /** Undefined for the root. */
  readonly parent: Element | undefined;
}

/** All elements that steps lead to, in document order. A resource is what one alone is selected (§6.3). */
export function select(root: Element | undefined, steps: readonly Step[]): Found[] {
  let found: Found[] = [];
  for (const [depth, step] of steps.entries()) {
    if (depth === 0) {
      found = root === undefined ? [] : matching([root], step).map((element) => ({ element, parent: undefined }));
    } else {
      found = found.flatMap(({ element: parent }) =>
        matching(parent.elements(), step).map((element) => ({ element, parent })),
      );
    }
  }
  return found;
}

/** @returns undefined where the steps lead to nothing, or to several */
export function selectOne(root: Element | undefined, steps: readonly Step[]): Found | undefined {
  const found = select(root, steps);
  return found.length === 1 ? found[0] : undefined;
}

function matching(siblings: readonly Element[], step: Step): Element[] {
  const named = siblings.filter((sibling) => isNamed(sibling, step));
  const placed = step.position === undefined ? named : named.slice(step.position - 1, step.position);
  const { attribute } = step;
  return attribute === undefined
    ? placed
    : placed.filter((element) => element.attribute(attribute.name) === attribute.value);
}

export function isNamed(element: Element, { name, ns }: Step): boolean {
  return name === '*' || (element.name === name && element.ns === ns);
}
