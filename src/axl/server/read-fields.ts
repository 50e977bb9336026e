/** From the elements of a request to the fields of an object, by the directory's types. */
import type { Field } from '#directory/field.ts';
import type { Fields, FieldValue } from '#directory/object.ts';
import type { Element } from '#xml/element.ts';
import { NIL } from '../wire/write-element.ts';
import { badValue } from './axl-fault.ts';
import { childOf, elementsOf, readBoolean, readUuid } from './request.ts';

type FieldTypes = Readonly<Record<string, Field>>;

/**
 * @param elements the fields, of any order
 * @param unknown  told of what the directory has no field for
 * @throws {AxlError} 5003 for a value that is not of the field's type, and for an element that stands there twice
 */
export function readFields(elements: readonly Element[], types: FieldTypes, unknown: (name: string) => void): Fields {
  const fields = new Map<string, FieldValue>();
  for (const element of elements) {
    const { name } = element;
    if (!Object.hasOwn(types, name)) unknown(name);
    else if (fields.has(name)) throw badValue(`the element ${name} stands there twice`);
    else fields.set(name, readValue(element, types[name]!));
  }
  return Object.fromEntries(fields);
}

export function readValue(element: Element, type: Field): FieldValue {
  const nil = element.attribute(NIL)?.trim();
  const isNil = nil === 'true' || nil === '1';
  switch (type.type) {
    case 'string':
      return isNil ? null : readText(element);
    case 'boolean': {
      const text = readText(element).trim();
      return isNil || text === '' ? null : readBoolean(text, element.name);
    }
    case 'integer':
      return isNil ? null : readInteger(element);
    case 'reference':
      return isNil ? null : readReference(element);
    case 'group':
      return isNil || elementsOf(element).length === 0 ? null : (readGroup(element, type.fields) as FieldValue);
    case 'list':
      return isNil ? [] : elementsOf(element).map((item) => readItem(item, type));
  }
}

function readItem(item: Element, { item: type, itemName }: Extract<Field, { type: 'list' }>): FieldValue {
  if (item.name !== itemName) throw badValue(`the element ${item.name} is not known here; it has to be ${itemName}`);
  return readValue(item, type);
}

function readGroup(element: Element, types: FieldTypes): Fields {
  return readFields(elementsOf(element), types, (name) => {
    throw badValue(`the element ${name} is not known inside ${element.name}`);
  });
}

/** A name, or a uuid; some have the name in an element of its own, and what completes it beside that. */
function readReference(element: Element): FieldValue {
  const uuid = element.attribute('uuid') ?? childOf(element, 'uuid')?.text();
  if (uuid !== undefined && uuid.trim() !== '') return { uuid: readUuid(uuid) };
  const [first, ...others] = elementsOf(element);
  const name = (first ?? element).text().trim();
  if (name === '') return null;
  if (others.length === 0) return name;
  return { ...Object.fromEntries(others.map((one) => [one.name, one.text().trim()])), name };
}

function readInteger(element: Element): FieldValue {
  const text = readText(element).trim();
  if (text === '') return null;
  if (!/^[+-]?\d{1,15}$/.test(text)) throw badValue(`${element.name} has to be a whole number`);
  return Number(text);
}

function readText(element: Element): string {
  const [stranger] = element.elements();
  if (stranger !== undefined) throw badValue(`${element.name} is a text, and holds the element ${stranger.name}`);
  return element.text();
}
