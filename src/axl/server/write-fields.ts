/** From an object of the directory to the children of an answer, in the order of a schema. */
import type { Field } from '#directory/field.ts';
import type { DirectoryObject, FieldValue } from '#directory/object.ts';
import type { Element } from '#xml/element.ts';
import { isWithin, type Shape, type Version } from '../wire/notation.ts';
import { writeAttribute, writeText } from '../wire/write-element.ts';
import { childOf, elementsOf, writeUuid } from './request.ts';

type FieldTypes = Readonly<Record<string, Field>>;

/** What is wanted of an object: by `returnedTags`, or all there is. */
export interface Wanted {
  readonly version: Version;
  readonly shapes: readonly Shape[];
  readonly types: FieldTypes;
  /** Undefined: everything that the directory has. */
  readonly tags: Element | undefined;
}

/** @param wrapper the element around it */
export function writeObject(wrapper: string, object: DirectoryObject, wanted: Wanted): string {
  const head = `<${wrapper}${writeAttribute('uuid', writeUuid(object.uuid))}`;
  const inside = writeChildren(object.fields, wanted);
  return inside === '' ? `${head}/>` : `${head}>${inside}</${wrapper}>`;
}

function writeChildren(
  fields: Readonly<Record<string, FieldValue | undefined>>,
  { version, shapes, types, tags }: Wanted,
): string {
  let out = '';
  for (const shape of shapes) {
    if (!isWithin(version, shape)) continue;
    const { name } = shape;
    const tag = tags === undefined ? undefined : childOf(tags, name);
    const isKept = Object.hasOwn(types, name);
    // What was asked for comes back, though it be empty; what nobody asked for comes where the directory keeps it.
    if (tags === undefined ? !isKept : tag === undefined) continue;
    const type = isKept ? types[name]! : undefined;
    const value = type === undefined || type.secret ? null : (fields[name] ?? null);
    out += writeValue(shape, type, value, version, tag);
  }
  return out;
}

function writeValue(
  shape: Shape,
  type: Field | undefined,
  value: FieldValue,
  version: Version,
  tag: Element | undefined,
): string {
  const { name } = shape;
  if (value === null || value === '' || type === undefined) return `<${name}/>`;
  if (type.type === 'reference') return writeReference(shape, value);
  if (type.type === 'group') return around(name, writeGroup(shape, type.fields, value, version, tag));
  if (type.type === 'list' && Array.isArray(value)) {
    const itemShape = shape.inside[0] ?? { ...shape, name: type.itemName, inside: [] };
    const itemTag = tag === undefined ? undefined : childOf(tag, itemShape.name);
    return around(name, value.map((item) => writeItem(itemShape, type.item, item, version, itemTag)).join(''));
  }
  return around(name, writeText(String(value)));
}

/** An item of a list. Those of plain names are without their uuids. */
function writeItem(shape: Shape, type: Field, value: FieldValue, version: Version, tag: Element | undefined): string {
  if (type.type === 'reference' && shape.inside.length === 0) return around(shape.name, writeText(nameOf(value)));
  return writeValue(shape, type, value, version, tag);
}

function writeGroup(
  { inside }: Shape,
  types: FieldTypes,
  value: FieldValue,
  version: Version,
  tag: Element | undefined,
): string {
  const shapes = inside.length > 0 ? inside : Object.keys(types).map(plainShape);
  const tags = tag === undefined || elementsOf(tag).length === 0 ? undefined : tag;
  return writeChildren(value as Readonly<Record<string, FieldValue>>, { version, shapes, types, tags });
}

function plainShape(name: string): Shape {
  return { name, from: '8.5', until: '15.0', repeated: false, inside: [] };
}

function writeReference({ name, inside }: Shape, value: FieldValue): string {
  const uuid = uuidOf(value);
  const text = writeText(nameOf(value));
  if (inside.length > 0) {
    const [key, ...others] = inside;
    const more = others.map((one) => completing(one.name, value)).join('');
    return `<${name}>${around(key!.name, text)}${more}</${name}>`;
  }
  return `<${name}${uuid === undefined ? '' : writeAttribute('uuid', writeUuid(uuid))}>${text}</${name}>`;
}

/** What completes a name, as the partition that of a line. */
function completing(name: string, value: FieldValue): string {
  const more =
    typeof value === 'object' && value !== null ? (value as Readonly<Record<string, FieldValue>>)[name] : null;
  return more === undefined ? '' : around(name, writeText(typeof more === 'string' ? more : ''));
}

function around(name: string, inside: string): string {
  return inside === '' ? `<${name}/>` : `<${name}>${inside}</${name}>`;
}

function nameOf(value: FieldValue): string {
  return typeof value === 'object' && value !== null && 'name' in value ? String(value.name) : String(value);
}

function uuidOf(value: FieldValue): string | undefined {
  return typeof value === 'object' && value !== null && 'uuid' in value ? String(value.uuid) : undefined;
}
