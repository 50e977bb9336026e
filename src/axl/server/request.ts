import type { Key } from '#directory/object.ts';
import type { Element } from '#xml/element.ts';
import type { Operation } from '../wire/envelope.ts';
import type { Version } from '../wire/notation.ts';
import { badValue } from './axl-fault.ts';

const UUID = /^\{?([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\}?$/i;

/** One request, and what is read from it. Children are in no namespace, or, as some clients have it, in their parent's. */
export class AxlRequest {
  readonly operation: string;
  readonly version: Version;
  readonly element: Element;

  constructor({ operation, element }: Operation, version: Version) {
    this.operation = operation;
    this.version = version;
    this.element = element;
  }

  child(name: string): Element | undefined {
    return childOf(this.element, name);
  }

  text(name: string): string | undefined {
    return this.child(name)?.text().trim();
  }

  /** @throws {AxlError} 5003 where it is missing or empty */
  needed(name: string): string {
    const text = this.text(name);
    if (text === undefined || text === '') throw badValue(`${this.operation} needs the element ${name}`);
    return text;
  }

  /** A whole number of 0 or more. @throws {AxlError} 5003 */
  count(name: string): number | undefined {
    const text = this.text(name);
    if (text === undefined || text === '') return undefined;
    if (!/^\d{1,15}$/.test(text)) throw badValue(`${name} has to be a whole number of 0 or more`);
    return Number(text);
  }

  /** @throws {AxlError} 5003 */
  flag(name: string): boolean | undefined {
    const text = this.text(name);
    return text === undefined || text === '' ? undefined : readBoolean(text, name);
  }

  /**
   * One of `uuid` and the key.
   * @param within what completes a name that is not unique by itself
   */
  key(name: string, within: readonly string[] = []): Key {
    const uuid = this.text('uuid');
    if (uuid !== undefined && uuid !== '') return { uuid: readUuid(uuid) };
    const key = this.text(name);
    if (key === undefined || key === '') throw badValue(`${this.operation} needs one of uuid and ${name}`);
    const given = within.flatMap((one) => {
      const text = this.text(one);
      return text === undefined ? [] : [[one, text] as const];
    });
    return { name: key, ...(given.length > 0 && { within: Object.fromEntries(given) }) };
  }
}

export function childOf(element: Element, name: string): Element | undefined {
  return element.child(name, '') ?? (element.ns === '' ? undefined : element.child(name));
}

export function elementsOf(element: Element): Element[] {
  return element.elements().filter(({ ns }) => ns === '' || ns === element.ns);
}

/** With braces or without, in any case. @throws {AxlError} 5003 */
export function readUuid(text: string): string {
  const found = UUID.exec(text.trim())?.[1];
  if (found === undefined) throw badValue('a uuid is written as {8-4-4-4-12} hexadecimal digits');
  return found.toLowerCase();
}

/** As answers have it. */
export function writeUuid(uuid: string): string {
  return `{${uuid.toUpperCase()}}`;
}

/** @throws {AxlError} 5003 */
export function readBoolean(text: string, name: string): boolean {
  const word = text.trim().toLowerCase();
  if (word === 't' || word === 'true' || word === '1') return true;
  if (word === 'f' || word === 'false' || word === '0') return false;
  throw badValue(`${name} has to be true or false`);
}
