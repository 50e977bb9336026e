/** That the shapes of objects are those of the vendor's schema files, which the package cisco-axl brings for 11.0 to 15.0. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { kinds } from '#directory/kinds.ts';
import { type DocumentLimits, readDocument } from '#xml/document.ts';
import type { Element } from '#xml/element.ts';
import { isWithin, readShapes, type Shape, type Version } from './notation.ts';
import { isKnownOperation } from './operation-names.ts';
import { schemas } from './schema.ts';

const FOLDER = join(import.meta.dirname, '../../../node_modules/cisco-axl/schema');
const LIMITS: DocumentLimits = { maxDepth: 100, maxAttributes: 50, maxElements: 1_000_000 };
const VENDOR_VERSIONS: readonly Version[] = ['11.0', '11.5', '12.0', '12.5', '14.0', '15.0'];

const read = (path: string) => readDocument(readFileSync(join(FOLDER, path), 'utf8'), LIMITS).root;

class VendorSchema {
  readonly #types = new Map<string, Element>();

  constructor(version: Version) {
    for (const type of read(`${version}/AXLSoap.xsd`).elements()) {
      if (type.name === 'complexType') this.#types.set(type.attribute('name')!, type);
    }
  }

  /** The children of a type, in order, each with what is inside. */
  childrenOf(type: string): Element[] {
    const found = this.#types.get(type);
    assert.ok(found !== undefined, `the schema has a type ${type}`);
    return declared(found);
  }

  inside(element: Element): Element[] {
    const type = element.attribute('type')?.replace(/^.*:/, '');
    const inner = element.child('complexType') ?? (type === undefined ? undefined : this.#types.get(type));
    return inner === undefined ? [] : declared(inner);
  }
}

function declared(element: Element): Element[] {
  return element.elements().flatMap((child) => (child.name === 'element' ? [child] : declared(child)));
}

function compare(
  shapes: readonly Shape[],
  vendor: readonly Element[],
  version: Version,
  schema: VendorSchema,
  at: string,
) {
  const present = shapes.filter((shape) => isWithin(version, shape));
  const names = vendor.map((one) => one.attribute('name')!);
  assert.deepEqual(
    present.map(({ name }) => name),
    names.filter((name) => present.some((shape) => shape.name === name)),
    `${at}: names and order`,
  );
  for (const shape of shapes) {
    if (!isWithin(version, shape))
      assert.ok(
        wasMoved(shape, shapes, version) || !names.includes(shape.name),
        `${at}: ${shape.name} is in ${version}`,
      );
  }
  for (const shape of present) {
    const one = vendor.find((element) => element.attribute('name') === shape.name)!;
    const most = one.attribute('maxOccurs') ?? '1';
    assert.equal(shape.repeated, most !== '1', `${at}/${shape.name}: repeated`);
    if (shape.inside.length > 0) compare(shape.inside, schema.inside(one), version, schema, `${at}/${shape.name}`);
  }
}

/** The same name stands elsewhere in this version. */
function wasMoved({ name }: Shape, shapes: readonly Shape[], version: Version): boolean {
  return shapes.some((shape) => shape.name === name && isWithin(version, shape));
}

for (const version of VENDOR_VERSIONS) {
  describe(`schema ${version}`, () => {
    const schema = new VendorSchema(version);
    for (const { kind, get, list, criteria } of schemas.values()) {
      test(`${kind}: what get and list print, and what list searches by`, () => {
        compare(get, schema.childrenOf(`R${kind}`), version, schema, `R${kind}`);
        compare(list, schema.childrenOf(`L${kind}`), version, schema, `L${kind}`);
        const request = schema.childrenOf(`List${kind}Req`);
        const searched = request.find((one) => one.attribute('name') === 'searchCriteria')!;
        compare(criteria, schema.inside(searched), version, schema, `List${kind}Req`);
      });
    }

    test('its operations are known', () => {
      const wsdl = readFileSync(join(FOLDER, version, 'AXLAPI.wsdl'), 'utf8');
      const names = new Set(Array.from(wsdl.matchAll(/operation name="(\w+)"/g), ([, name]) => name!));
      assert.ok(names.size > 1000);
      assert.deepEqual(
        [...names].filter((name) => !isKnownOperation(name)),
        [],
      );
    });
  });
}

test('names that are often asked for and that no schema has are not known', () => {
  for (const name of ['listUserProfile', 'addLdapSync', 'authenticateUser', 'updateLicensedUser', 'constructor', '']) {
    assert.equal(isKnownOperation(name), false, name);
  }
});

test('what the directory keeps of a kind is told of it, but for what AXL never tells', () => {
  const silent: Readonly<Record<string, readonly string[]>> = { ApplicationServer: ['appUsers', 'endUsers'] };
  for (const { kind, get } of schemas.values()) {
    const told = new Set(get.map(({ name }) => name));
    const missing = Object.keys(kinds[kind].fields).filter((name) => !told.has(name));
    assert.deepEqual(missing, silent[kind] ?? [], kind);
  }
});

test('a wrapper and a key are those of the directory', () => {
  for (const { kind, wrapper, key } of schemas.values()) {
    assert.deepEqual([wrapper, key], [kinds[kind].tag, kinds[kind].key], kind);
  }
});

test('versions are in brackets, what is inside in parentheses', () => {
  const [first, second] = readShapes('a[9.0-10.5] b[-9.1](c* d(e))');
  assert.deepEqual([first!.name, first!.from, first!.until, first!.inside], ['a', '9.0', '10.5', []]);
  assert.deepEqual([second!.from, second!.until], ['8.5', '9.1']);
  assert.deepEqual(
    second!.inside.map(({ name, repeated }) => [name, repeated]),
    [
      ['c', true],
      ['d', false],
    ],
  );
  for (const wrong of ['a(', 'a)', 'a[1.0-]', '1', 'a,b']) assert.throws(() => readShapes(wrong), Error, wrong);
});
