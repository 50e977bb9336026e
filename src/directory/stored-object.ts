/** Objects as they are kept, and how they become what callers see. Pure. */
import type { Row } from '#store/database.ts';
import type { Plain } from './check-fields.ts';
import type { Field } from './field.ts';
import { fold } from './fold.ts';
import { kinds } from './kinds.ts';
import type { DirectoryObject, FieldValue, KindName, Uuid } from './object.ts';

export interface StoredReference {
  readonly field: string;
  readonly path: string;
  readonly uuid: Uuid;
  readonly name: string;
  /** What completes the name of the other object; empty for most kinds. */
  readonly within: Readonly<Record<string, string>>;
}

export interface StoredObject {
  readonly id: number;
  readonly kind: KindName;
  readonly uuid: Uuid;
  readonly name: string;
  readonly nameKey: string;
  readonly scopeKey: string;
  readonly revision: number;
  readonly plain: Readonly<Record<string, Plain>>;
  readonly references: readonly StoredReference[];
}

export function readObject(row: Row, references: readonly StoredReference[]): StoredObject {
  return {
    id: Number(row.id),
    kind: row.kind as KindName,
    uuid: String(row.uuid),
    name: String(row.name),
    nameKey: String(row.name_key),
    scopeKey: String(row.scope_key),
    revision: Number(row.revision),
    plain: JSON.parse(String(row.fields)),
    references,
  };
}

/** @param row field, path, uuid, name, kind and fields of the object that is referred to */
export function readReference(row: Row): StoredReference {
  return {
    field: String(row.field),
    path: String(row.path),
    uuid: String(row.uuid),
    name: String(row.name),
    within: withinOf(row.kind as KindName, String(row.fields)),
  };
}

function withinOf(kind: KindName, json: string): Record<string, string> {
  const { within } = kinds[kind];
  if (within.length === 0) return {};
  const fields: Record<string, unknown> = JSON.parse(json);
  return Object.fromEntries(within.flatMap((name) => (name in fields ? [[name, String(fields[name])]] : [])));
}

/** What of an object besides its name is unique, folded; '' for most kinds. */
export function scopeKeyOf(kind: KindName, fields: Readonly<Record<string, unknown>>): string {
  return kinds[kind].within.map((name) => fold(String(fields[name] ?? ''))).join('\n');
}

/** An object as callers see it. What was referred to and is gone leaves no item and no field. */
export function toDirectoryObject({ kind, uuid, name, plain, references }: StoredObject): DirectoryObject {
  const byPath = new Map(references.map((reference) => [reference.path, reference]));
  const fields: Record<string, FieldValue> = {};
  for (const [field, known] of Object.entries(kinds[kind].fields)) {
    const value = complete(known, plain[field], field, byPath);
    if (value !== undefined) fields[field] = value;
  }
  return { kind, uuid, name, fields };
}

type References = ReadonlyMap<string, StoredReference>;

function complete(
  field: Field,
  plain: Plain | undefined,
  path: string,
  references: References,
): FieldValue | undefined {
  switch (field.type) {
    case 'reference': {
      const found = references.get(path);
      return found && { uuid: found.uuid, name: found.name, ...found.within };
    }
    case 'list':
      if (!Array.isArray(plain)) return undefined;
      return (plain as readonly Plain[])
        .map((item, at) => complete(field.item, item, `${path}.${at}`, references))
        .filter((item) => item !== undefined);
    case 'group': {
      if (plain === undefined || plain === null) return undefined;
      const group: Record<string, FieldValue> = {};
      for (const [name, part] of Object.entries(field.fields)) {
        const value = complete(part, (plain as Record<string, Plain>)[name], `${path}.${name}`, references);
        if (value !== undefined) group[name] = value;
        else if (part.required) return undefined;
      }
      return group;
    }
    default:
      return plain === undefined || plain === null ? undefined : plain;
  }
}
