/** What is given for an object, checked against its kind and taken apart. Pure. */
import { badValue } from './directory-error.ts';
import type { Field, GroupField, Kind, ListField, ReferenceField } from './field.ts';
import { kinds } from './kinds.ts';
import type { Fields, FieldValue, KindName } from './object.ts';

/** A value without its references, as it is kept: they are null, and stand in `CheckedFields.references`. */
export type Plain = string | number | boolean | null | { readonly [name: string]: Plain } | readonly Plain[];

/** How an object that is referred to was named. */
export type Named = { readonly uuid: string } | { readonly name: string; readonly within?: Record<string, string> };

export interface GivenReference {
  /** The field at the top. */
  readonly field: string;
  /** Where in the object: `lines.0.dirn`. */
  readonly path: string;
  readonly to: KindName;
  readonly frees: boolean;
  readonly named: Named;
}

export interface CheckedFields {
  /** Fields that have a value. */
  readonly plain: Readonly<Record<string, Plain>>;
  readonly references: readonly GivenReference[];
  /** New secrets; undefined: forget it. */
  readonly secrets: ReadonlyMap<string, string | undefined>;
  /** All that was given, secrets aside: what is not in `plain` and has no reference is emptied. */
  readonly given: ReadonlySet<string>;
}

/** What XML 1.0 cannot hold (§2.2), so that no answer could either. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const NOT_IN_XML = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/;
const UUID = /^\{?([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\}?$/i;

/** A uuid as it is kept: lower case, without braces. Undefined for what is none. */
export function readUuid(text: string): string | undefined {
  return UUID.exec(text)?.[1]?.toLowerCase();
}

/** @throws {DirectoryError} 5003 */
export function checkAdded(kindName: KindName, fields: Fields): CheckedFields {
  const kind = kinds[kindName];
  const checked = new Checking(kindName, kind);
  for (const [name, field] of Object.entries(kind.fields)) {
    const value = fields[name] ?? (isEmpty(fields[name]) ? field.default : undefined);
    if (field.required && isEmpty(value)) throw badValue(`${kindName}: ${name} is missing`);
    if (!isEmpty(value) || fields[name] !== undefined) checked.take(name, value ?? null);
  }
  checked.refuseUnknown(fields);
  return checked;
}

/** @throws {DirectoryError} 5003 */
export function checkUpdated(kindName: KindName, fields: Fields): CheckedFields {
  const kind = kinds[kindName];
  const checked = new Checking(kindName, kind);
  checked.refuseUnknown(fields);
  for (const [name, value] of Object.entries(fields)) {
    if (value === undefined) continue;
    const field = kind.fields[name]!;
    if (field.required && isEmpty(value)) throw badValue(`${kindName}: ${name} cannot be empty`);
    checked.take(name, isEmpty(value) ? (field.default ?? null) : value);
  }
  return checked;
}

const isEmpty = (value: FieldValue | undefined): value is undefined | null | '' =>
  value === undefined || value === null || value === '';

class Checking implements CheckedFields {
  readonly plain: Record<string, Plain> = {};
  readonly references: GivenReference[] = [];
  readonly secrets = new Map<string, string | undefined>();
  readonly given = new Set<string>();
  readonly #kindName: KindName;
  readonly #kind: Kind;
  #field = '';

  constructor(kindName: KindName, kind: Kind) {
    this.#kindName = kindName;
    this.#kind = kind;
  }

  refuseUnknown(fields: Fields): void {
    for (const [name, value] of Object.entries(fields)) {
      if (value === undefined) continue;
      const field = Object.hasOwn(this.#kind.fields, name) ? this.#kind.fields[name] : undefined;
      if (field === undefined) throw badValue(`${this.#kindName} has no field ${name.slice(0, 80)}`);
      if (field.readOnly) throw badValue(`${this.#kindName}: ${name} is computed and cannot be set`);
    }
  }

  take(name: string, value: FieldValue): void {
    const field = this.#kind.fields[name]!;
    this.#field = name;
    if (field.secret) {
      this.secrets.set(name, isEmpty(value) ? undefined : this.#string(field, value, name));
      return;
    }
    this.given.add(name);
    const plain = this.#value(field, value, name);
    if (plain !== undefined) this.plain[name] = plain;
  }

  /** @returns undefined for nothing, and for a reference by itself */
  #value(field: Field, value: FieldValue, path: string): Plain | undefined {
    if (isEmpty(value)) return undefined;
    switch (field.type) {
      case 'string':
        return this.#string(field, value, path);
      case 'boolean':
        if (typeof value !== 'boolean') throw this.#wrong(path, 'is true or false');
        return value;
      case 'integer':
        if (typeof value !== 'number' || !Number.isSafeInteger(value)) throw this.#wrong(path, 'is a whole number');
        if (value < field.min || value > field.max)
          throw this.#wrong(path, `is a number from ${field.min} to ${field.max}`);
        return value;
      case 'reference':
        this.#reference(field, value, path);
        return undefined;
      case 'group':
        return this.#group(field, value, path);
      case 'list':
        return this.#list(field, value, path);
    }
  }

  #string(field: Field, value: FieldValue, path: string): string {
    if (typeof value !== 'string') throw this.#wrong(path, 'is a text');
    const { maxLength, values, secret } = field as Field & { maxLength: number; values?: readonly string[] };
    if (value.length > 2 * maxLength || [...value].length > maxLength)
      throw this.#wrong(path, `has at most ${maxLength} characters`);
    if (NOT_IN_XML.test(value) || !value.isWellFormed())
      throw this.#wrong(path, 'holds a control character or half of a surrogate pair: leave it out');
    if (values !== undefined && !values.includes(value)) throw this.#wrong(path, `is one of: ${values.join(', ')}`);
    if (field.key && value !== value.trim()) throw this.#wrong(path, 'neither begins nor ends with a space');
    if (secret && value.trim() === '') throw this.#wrong(path, 'is more than spaces');
    return value;
  }

  #group(field: GroupField, value: FieldValue, path: string): Plain | undefined {
    if (!isObject(value)) throw this.#wrong(path, `has the parts ${Object.keys(field.fields).join(', ')}`);
    const entries = Object.entries(value).filter(([, part]) => !isEmpty(part));
    if (entries.length === 0) return undefined;
    const plain: Record<string, Plain> = {};
    for (const [name, part] of entries) {
      // Where several names say the same to a client, the one without a place here is told along: its uuid.
      if (name === 'uuid') continue;
      const known = Object.hasOwn(field.fields, name) ? field.fields[name] : undefined;
      if (known === undefined) throw this.#wrong(path, `has no part ${name.slice(0, 80)}`);
      const made = this.#value(known, part, `${path}.${name}`);
      if (made !== undefined) plain[name] = made;
    }
    for (const [name, { required }] of Object.entries(field.fields)) {
      if (required && isEmpty(value[name])) throw this.#wrong(path, `needs ${name}`);
    }
    return plain;
  }

  #list(field: ListField, value: FieldValue, path: string): Plain | undefined {
    if (!Array.isArray(value)) throw this.#wrong(path, 'is a list');
    const items = (value as readonly FieldValue[]).filter((item) => !isEmpty(item));
    if (items.length > field.maxItems) throw this.#wrong(path, `has at most ${field.maxItems} items`);
    if (items.length === 0) return undefined;
    return items.map((item, at) => this.#value(field.item, item, `${path}.${at}`) ?? null);
  }

  #reference(field: ReferenceField, value: FieldValue, path: string): void {
    const named = readNamed(field.to, value);
    if (named === undefined) throw this.#wrong(path, `names a ${field.to} by its ${kinds[field.to].key} or its uuid`);
    const frees = field.onRemove === 'free';
    this.references.push({ field: this.#field, path, to: field.to, frees, named });
  }

  #wrong(path: string, rule: string): Error {
    return badValue(`${this.#kindName}: ${path.replaceAll(/\.(\d+)/g, '[$1]')} ${rule}`);
  }
}

const isObject = (value: FieldValue): value is { readonly [name: string]: FieldValue } =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function readNamed(to: KindName, value: FieldValue): Named | undefined {
  if (typeof value === 'string') return { name: value };
  if (!isObject(value)) return undefined;
  const { key, within } = kinds[to];
  const uuid = typeof value.uuid === 'string' ? readUuid(value.uuid) : undefined;
  if (uuid !== undefined) return { uuid };
  const name = value.name ?? value[key];
  if (typeof name !== 'string' || name === '') return undefined;
  const scope = within.filter((part) => typeof value[part] === 'string').map((part) => [part, String(value[part])]);
  return scope.length === 0 ? { name } : { name, within: Object.fromEntries(scope) };
}
