/** Compares the imports of src/ with the drawing in docs/architecture.md. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { test } from 'node:test';

/** From top to bottom: an area imports from rows below its own. */
const ROWS = [
  ['main.ts', 'features.ts'],
  ['xmpp', 'sip', 'axl', 'admin', 'cli'],
  ['commands', 'bulk', 'topology', 'time', 'setup'],
  ['messaging', 'sources', 'presence', 'federation', 'contacts', 'accounts', 'directory'],
  ['store', 'cluster'],
  ['keys'],
  ['xml', 'precis'],
  ['base'],
];
/** In this row also from areas to the right. */
const MIDDLE = ROWS[3]!;

/** Imports that are against the drawing and stay, as `file -> file`, each with its reason. */
const EXCEPTIONS: Record<string, string> = {};

interface Import {
  specifier: string;
  typeOnly: boolean;
}

/** By path from src/, with '/'. */
type Sources = Map<string, string>;

const areaOf = (file: string) => file.split('/')[0]!;
const isTest = (file: string) => file.endsWith('.test.ts');
const rowOf = (area: string) => ROWS.findIndex((row) => row.includes(area));

function importsOf(source: string): Import[] {
  const statements = source.matchAll(/^(?:import|export)\s+(type\s)?(?:[^'";]*?\sfrom\s+)?'([^']+)'/gm);
  const calls = source.matchAll(/\bimport\(\s*'([^']+)'/g);
  return [
    ...Array.from(statements, ([, type, specifier]) => ({ specifier: specifier!, typeOnly: type !== undefined })),
    ...Array.from(calls, ([, specifier]) => ({ specifier: specifier!, typeOnly: false })),
  ];
}

/** The file that is imported, or undefined for packages and `node:` modules. */
function targetOf(file: string, specifier: string): string | undefined {
  if (specifier.startsWith('#')) return specifier.slice(1);
  return specifier.startsWith('.') ? posix.join(posix.dirname(file), specifier) : undefined;
}

/** The rule that one import breaks. */
function brokenRule(file: string, specifier: string, target: string): string | undefined {
  if (target.startsWith('../')) return isTest(file) ? undefined : 'only a test may import from outside of src/';
  const [from, to] = [areaOf(file), areaOf(target)];
  if (rowOf(from) < 0) return `the drawing has no place for ${from}`;
  if (rowOf(to) < 0) return `the drawing has no place for ${to}`;
  const sameRoot = !file.includes('/') && !target.includes('/');
  if (from === to || sameRoot) {
    return specifier.startsWith('#') ? 'inside an area imports are relative' : rootRule(file, target);
  }
  if (specifier.startsWith('.')) return "an import that crosses a wall starts with '#'";
  return rootRule(file, target) ?? directionRule(from, to);
}

function rootRule(file: string, target: string): string | undefined {
  if (!ROWS[0]!.includes(target) || (file === 'main.ts' && target === 'features.ts')) return undefined;
  return `nothing imports ${target}`;
}

function directionRule(from: string, to: string): string | undefined {
  if (rowOf(to) > rowOf(from)) return undefined;
  if (rowOf(to) < rowOf(from)) return 'imports point downward';
  if (from === to) return undefined;
  if (!MIDDLE.includes(from)) return `${from} and ${to} stand side by side, and do not know each other`;
  return MIDDLE.indexOf(to) > MIDDLE.indexOf(from) ? undefined : 'within the middle imports point to the right';
}

/** A file whose purpose is to pass on what others define. */
function isBarrel(file: string, source: string): boolean {
  return posix.basename(file) === 'index.ts' || /^export\s+(?:type\s+)?(?:\*|\{[^}]*\}\s+from\s)/m.test(source);
}

/** Circles of files that have to run before each other. Imports of types are gone when the code runs. */
function circles(edges: Map<string, string[]>): string[] {
  const found: string[] = [];
  const done = new Set<string>();
  const visit = (file: string, path: string[]) => {
    const start = path.indexOf(file);
    if (start >= 0) {
      found.push(`${[...path.slice(start), file].join(' -> ')}: there are no circles`);
    } else if (!done.has(file)) {
      for (const next of edges.get(file) ?? []) visit(next, [...path, file]);
      done.add(file);
    }
  };
  for (const file of edges.keys()) visit(file, []);
  return found;
}

function brokenWalls(sources: Sources): string[] {
  const broken: string[] = [];
  const edges = new Map<string, string[]>();
  for (const [file, source] of sources) {
    if (isBarrel(file, source)) broken.push(`${file}: a name is imported from the file that defines it`);
    const targets: string[] = [];
    for (const { specifier, typeOnly } of importsOf(source)) {
      const target = targetOf(file, specifier);
      if (target === undefined) continue;
      const rule = brokenRule(file, specifier, target);
      if (rule !== undefined && !(`${file} -> ${target}` in EXCEPTIONS)) {
        broken.push(`${file} imports ${specifier}: ${rule}`);
      }
      if (!typeOnly) targets.push(target);
    }
    edges.set(file, targets);
  }
  return [...broken, ...circles(edges)];
}

function readSources(): Sources {
  const root = join(import.meta.dirname, '../src');
  const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));
  return new Map(files.map((file) => [file.replaceAll('\\', '/'), readFileSync(join(root, file), 'utf8')]));
}

test('imports point downward, within the middle also to the right, and there are no circles', () => {
  const sources = readSources();
  assert.ok(sources.size > 0);
  assert.deepEqual(brokenWalls(sources), []);
});

test('an exception that nothing needs any more is taken off the list', () => {
  const sources = readSources();
  for (const exception of Object.keys(EXCEPTIONS)) {
    const [file, target] = exception.split(' -> ');
    const imports = importsOf(sources.get(file!) ?? '').map(({ specifier }) => targetOf(file!, specifier));
    assert.ok(imports.includes(target), exception);
  }
});

const allowed: [file: string, source: string][] = [
  ['main.ts', "import { features } from './features.ts';\nimport { tcp } from '#xmpp/transport/tcp.ts';"],
  ['xmpp/router.ts', "import {\n  type A,\n  b,\n} from '#messaging/hooks.ts';\nimport { Jid } from './wire/jid.ts';"],
  ['xmpp/stream/bind.ts', "import { Jid } from '../wire/jid.ts';\nimport { randomUUID } from 'node:crypto';"],
  ['admin/api.ts', "import { commands } from '#commands/all.ts';"],
  ['presence/compose.ts', "import { list } from '#contacts/list.ts';"],
  ['precis/username.ts', "import { Failure } from '#base/failure.ts';"],
  ['xml/parser.test.ts', "import { bytes } from '../../test/support/bytes.ts';"],
];

const refused: [rule: RegExp, file: string, source: string][] = [
  [/imports point downward/, 'base/log.ts', "import { x } from '#store/database.ts';"],
  [/imports point downward/, 'messaging/inbox.ts', "import type { Jid } from '#xmpp/wire/jid.ts';"],
  [/imports point downward/, 'store/sqlite.ts', "const x = await import('#accounts/accounts.ts');"],
  [/point to the right/, 'contacts/list.ts', "import { x } from '#presence/compose.ts';"],
  [/do not know each other/, 'sip/router.ts', "import { Jid } from '#xmpp/wire/jid.ts';"],
  [/do not know each other/, 'xml/parser.ts', "import { x } from '#precis/username.ts';"],
  [/starts with '#'/, 'xmpp/router.ts', "import { x } from '../accounts/accounts.ts';"],
  [/are relative/, 'xmpp/router.ts', "import { x } from '#xmpp/hooks.ts';"],
  [/nothing imports main.ts/, 'xmpp/router.ts', "import { x } from '#main.ts';"],
  [/nothing imports features.ts/, 'cli/start.ts', "import '#features.ts';"],
  [/no place for attic/, 'attic/old.ts', "import { x } from '#base/log.ts';"],
  [/only a test/, 'xml/parser.ts', "import { bytes } from '../../test/support/bytes.ts';"],
  [/that defines it/, 'xml/all.ts', "export { Element } from './element.ts';"],
  [/that defines it/, 'xml/all.ts', "export * from './element.ts';"],
  [/no circles/, 'xml/a.ts', "import { x } from './a.ts';"],
];

test('an import that the drawing allows is no fault', () => {
  for (const [file, source] of allowed) assert.deepEqual(brokenWalls(new Map([[file, source]])), [], file);
});

test('an import against the drawing is told with its file and the rule', () => {
  for (const [rule, file, source] of refused) {
    const broken = brokenWalls(new Map([[file, source]]));
    assert.equal(broken.length, 1, source);
    assert.match(broken[0]!, rule);
    assert.ok(broken[0]!.startsWith(file));
  }
});

test('a circle through several files is told once, and types make none', () => {
  const circle: [string, string][] = [
    ['xml/a.ts', "import { b } from './b.ts';"],
    ['xml/b.ts', "import { c } from './c.ts';"],
    ['xml/c.ts', "import { a } from './a.ts';"],
  ];
  assert.deepEqual(brokenWalls(new Map(circle)), [
    'xml/a.ts -> xml/b.ts -> xml/c.ts -> xml/a.ts: there are no circles',
  ]);
  circle[2]![1] = "import type { a } from './a.ts';";
  assert.deepEqual(brokenWalls(new Map(circle)), []);
});
