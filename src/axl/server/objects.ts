/** add, get, update, remove and list: the same for every kind of object. */
import type { Directory } from '#directory/directory.ts';
import { kinds } from '#directory/kinds.ts';
import type { Criteria, DirectoryObject, Fields, FieldValue, Key, KindName } from '#directory/object.ts';
import { Element } from '#xml/element.ts';
import { isWithin } from '../wire/notation.ts';
import { type KindSchema, schemas, type Verb } from '../wire/schema.ts';
import { inReturn, Rows, type Run, type Served } from './answer.ts';
import { badValue, noSuchItem } from './axl-fault.ts';
import { readFields, readValue } from './read-fields.ts';
import { type AxlRequest, elementsOf, writeUuid } from './request.ts';
import { writeObject } from './write-fields.ts';

/** Objects that are read from the directory at once. */
const PORTION = 1000;
/** Of these a real Unified CM has far more than a directory keeps: what is not kept is taken and passed over. */
const TAKE_ANY: ReadonlySet<KindName> = new Set(['Phone', 'Line']);
const WRITES: ReadonlySet<Verb> = new Set(['add', 'update', 'remove']);

export interface ObjectOptions {
  readonly directory: Directory;
  readonly limits: { readonly maxAnswerBytes: number };
}

/** By the name of the operation: `addUser`. */
export function objectOperations(options: ObjectOptions): Map<string, Served> {
  const operations = new Map<string, Served>();
  for (const schema of schemas.values()) {
    const runs: Record<Verb, Run> = {
      add: (request) => add(options, schema, request),
      get: (request) => get(options, schema, request),
      update: (request) => update(options, schema, request),
      remove: async (request) => returnUuid(await options.directory.remove(schema.kind, keyOf(request, schema))),
      list: (request) => list(options, schema, request),
    };
    for (const verb of schema.verbs) {
      const about = { writes: WRITES.has(verb), isLarge: verb === 'list', from: schema.from, until: '15.0' as const };
      operations.set(`${verb}${schema.kind}`, { ...about, run: runs[verb] });
    }
  }
  return operations;
}

async function add({ directory }: ObjectOptions, schema: KindSchema, request: AxlRequest): Promise<string> {
  const wrapper = request.child(schema.wrapper);
  if (wrapper === undefined) throw badValue(`${request.operation} needs the element ${schema.wrapper}`);
  return returnUuid(await directory.add(schema.kind, fieldsOf(elementsOf(wrapper), schema)));
}

async function get({ directory }: ObjectOptions, schema: KindSchema, request: AxlRequest): Promise<string> {
  const object = await directory.get(schema.kind, keyOf(request, schema));
  if (object === undefined) throw noSuchItem(schema.kind);
  const tags = request.child('returnedTags');
  const wanted = {
    version: request.version,
    shapes: schema.get,
    types: kinds[schema.kind].fields,
    tags: tags === undefined || elementsOf(tags).length === 0 ? undefined : tags,
  };
  return inReturn(writeObject(schema.wrapper, object, wanted));
}

async function update({ directory }: ObjectOptions, schema: KindSchema, request: AxlRequest): Promise<string> {
  const { kind, rename } = schema;
  const key = keyOf(request, schema);
  const within = kinds[kind].within;
  const selecting = new Set(['uuid', schema.key, ...within]);
  const renames = new Map([[rename, schema.key], ...within.map((name) => [renameOf(name), name] as const)]);
  const plain: Element[] = [];
  const changes: [name: string, add: boolean, element: Element][] = [];
  const renamed: Record<string, FieldValue> = {};
  for (const element of elementsOf(request.element)) {
    const { name } = element;
    const list = listChange(name, kind);
    if (renames.has(name)) renamed[renames.get(name)!] = readValue(element, kinds[kind].fields[renames.get(name)!]!);
    else if (list !== undefined) changes.push([list.name, list.add, element]);
    else if (!selecting.has(name)) plain.push(element);
  }
  const fields = { ...fieldsOf(plain, schema), ...renamed };
  if (changes.length === 0) return returnUuid(await directory.update(kind, key, fields));
  const object = await directory.get(kind, key);
  if (object === undefined) throw noSuchItem(kind);
  const lists: Record<string, FieldValue> = {};
  for (const [name, isAdded, element] of changes) {
    const before = lists[name] ?? object.fields[name];
    lists[name] = changedList(Array.isArray(before) ? before : [], name, isAdded, element, kind);
  }
  return returnUuid(await directory.update(kind, { uuid: object.uuid }, { ...fields, ...lists }));
}

async function list(options: ObjectOptions, schema: KindSchema, request: AxlRequest): Promise<string> {
  const { directory, limits } = options;
  const { kind, wrapper } = schema;
  const criteria = criteriaOf(request, schema);
  const tags = request.child('returnedTags') ?? new Element('returnedTags', '');
  const wanted = { version: request.version, shapes: schema.list, types: kinds[kind].fields, tags };
  const rows = new Rows(limits.maxAnswerBytes);
  for await (const object of pageOfObjects(directory, kind, criteria, pageOf(request))) {
    if (!rows.add(writeObject(wrapper, object, wanted))) throw rows.tooLarge(await directory.count(kind, criteria));
  }
  return rows.text();
}

/** In order of their keys, read as they are taken. */
export async function* pageOfObjects(
  directory: Directory,
  kind: KindName,
  criteria: Criteria,
  { skip, first }: { readonly skip: number; readonly first: number },
): AsyncIterable<DirectoryObject> {
  if (skip === 0) {
    let left = first;
    if (left === 0) return;
    for await (const object of directory.iterate(kind, criteria)) {
      yield object;
      if (--left === 0) return;
    }
    return;
  }
  for (let at = skip; ; at += PORTION) {
    const portion = Math.min(PORTION, skip + first - at);
    const objects = portion > 0 ? await directory.list(kind, criteria, { skip: at, first: portion }) : [];
    yield* objects;
    if (objects.length < PORTION) return;
  }
}

/** At least one child; each LIKE, all of them. @throws {AxlError} 5003 for one that the schema does not have */
export function criteriaOf(request: AxlRequest, { criteria }: Pick<KindSchema, 'criteria'>): Criteria {
  const element = request.child('searchCriteria');
  const given = element === undefined ? [] : elementsOf(element);
  if (given.length === 0) throw badValue(`${request.operation} needs the element searchCriteria with a child`);
  const found: Record<string, string> = {};
  for (const one of given) {
    if (!criteria.some((shape) => shape.name === one.name && isWithin(request.version, shape))) {
      throw badValue(`${request.operation} does not search by ${one.name}`);
    }
    found[one.name] = one.text().trim();
  }
  return found;
}

/** `skip` counts only beside `first`. */
export function pageOf(request: AxlRequest): { skip: number; first: number } {
  const first = request.count('first');
  const skip = request.count('skip') ?? 0;
  return first === undefined ? { skip: 0, first: Number.MAX_SAFE_INTEGER } : { skip, first };
}

export function returnUuid(uuid: string): string {
  return inReturn(writeUuid(uuid));
}

function keyOf(request: AxlRequest, { key, kind }: KindSchema): Key {
  return request.key(key, kinds[kind].within);
}

/** @throws {AxlError} 5003 for what the schema does not have */
function fieldsOf(elements: readonly Element[], { kind, get, wrapper }: KindSchema): Fields {
  return readFields(elements, kinds[kind].fields, (name) => {
    if (!TAKE_ANY.has(kind) && !get.some((shape) => shape.name === name) && !PASSED_OVER.has(name)) {
      throw badValue(`the element ${name} is not known inside ${wrapper}`);
    }
  });
}

/** Of the schema, and nothing of it is kept here. */
const PASSED_OVER: ReadonlySet<string> = new Set([
  ...['passwordCredentials', 'pinCredentials', 'associatedTodAccess', 'customUserFields', 'extensionsInfo'],
  ...['associatedHeadsets', 'convertUserAccount', 'accountType', 'authenticationType', 'isStandard', 'members'],
  ...['ctiControlledDeviceProfiles', 'associatedCapfProfiles', 'serviceProfileXml', 'ucServiceXml', 'applyPoolList'],
  ...['addDns', 'appUsers', 'endUsers', 'uuid'],
]);

function renameOf(name: string): string {
  return `new${name.charAt(0).toUpperCase()}${name.slice(1)}`;
}

/** `addLines` and `removeLines` change the list `lines`. */
function listChange(name: string, kind: KindName): { name: string; add: boolean } | undefined {
  const [, how, rest] = /^(add|remove)([A-Z].*)$/.exec(name) ?? [];
  if (rest === undefined) return undefined;
  const field = `${rest.charAt(0).toLowerCase()}${rest.slice(1)}`;
  const { fields } = kinds[kind];
  return Object.hasOwn(fields, field) && fields[field]!.type === 'list'
    ? { name: field, add: how === 'add' }
    : undefined;
}

function changedList(
  before: readonly FieldValue[],
  name: string,
  isAdded: boolean,
  element: Element,
  kind: KindName,
): FieldValue[] {
  const given = readValue(element, kinds[kind].fields[name]!) as readonly FieldValue[];
  const rest = before.filter((item) => !given.some((one) => isSame(item, one)));
  return isAdded ? [...rest, ...given] : rest;
}

/** Whether an item that is there is the one that was named: by its uuid or its name, or by all that was said of it. */
function isSame(item: FieldValue, given: FieldValue): boolean {
  if (typeof given === 'string' || typeof item !== 'object' || item === null) return nameOf(item) === given;
  if (typeof given !== 'object' || given === null) return false;
  const there = item as Readonly<Record<string, FieldValue>>;
  return Object.entries(given).every(([name, value]) => there[name] !== undefined && isSame(there[name], value));
}

function nameOf(item: FieldValue): FieldValue {
  return typeof item === 'object' && item !== null && 'name' in item ? (item.name as FieldValue) : item;
}
