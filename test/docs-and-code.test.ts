/** What the documents say about the code is so: files, settings, figures, the drawing, the example. */
import assert from 'node:assert/strict';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { test } from 'node:test';
import { settingsGroups } from '#main.ts';

const ROOT = join(import.meta.dirname, '..');
const PAGES = globSync(['*.md', 'docs/**/*.md', 'bench/**/*.md', 'test/**/*.md'], { cwd: ROOT }).sort();
const SOURCES = globSync('src/**/*.ts', { cwd: ROOT }).filter((file) => !file.endsWith('.test.ts'));
const read = (file: string) => readFileSync(join(ROOT, file), 'utf8');

/** What stands in backticks, by page. */
const quoted = PAGES.flatMap((page) =>
  [...read(page).matchAll(/`([^`\n]+)`/g)].map(([, text]) => ({ page, text: text! })),
);
/** Unique, in order. */
const sorted = (names: Iterable<string>) => [...new Set(names)].sort();
const all = (text: string, pattern: RegExp) => sorted([...text.matchAll(pattern)].map(([, name]) => name!));

test('every file that a document names is there', () => {
  const gone = quoted
    .filter(({ text }) => /^(src|test|tools|bench|docs|bin)\/[\w./-]+$/.test(text) && !text.includes('NNNN'))
    .filter(({ text }) => !existsSync(join(ROOT, text)));
  assert.deepEqual(gone, []);
});

test('every setting that a document names is there', () => {
  const groups = settingsGroups.map(({ path }) => path);
  const keys = new Set(
    settingsGroups.flatMap(({ path, shape }) => [path, ...Object.keys(shape).map((key) => `${path}.${key}`)]),
  );
  const tops = sorted(groups.map((path) => path.split('.')[0]!));
  const unknown = quoted
    .map(({ page, text }) => ({ page, text: text.replace(/: .*/, '') }))
    .filter(({ text }) => tops.some((top) => text.startsWith(`${top}.`)) && /^[\w-]+(\.[\w-]+)+$/.test(text))
    .filter(({ text }) => !/\.(ts|js|json|yaml|sock|db)$/.test(text) && !keys.has(text));
  assert.deepEqual(unknown, []);
});

test('the drawing of src/ shows the rooms that there are, and files that are in them', () => {
  const drawing = /^src\/\n([\s\S]*?)^bin\//m.exec(read('docs/architecture.md'))![1]!;
  const rooms = all(drawing, /^ {2}(\w+)\//gm);
  assert.deepEqual(rooms, all(SOURCES.join('\n'), /^src\/(\w+)\//gm));
  let room = '';
  for (const line of drawing.split('\n')) {
    room = /^ {2}(\w+)\//.exec(line)?.[1] ?? (/^ {2}\w/.test(line) ? '' : room);
    for (const [file] of line.matchAll(/[\w-]+\.ts/g)) {
      assert.ok(
        SOURCES.some((source) => source.startsWith(join('src', room)) && basename(source) === file),
        `${file} is not in src/${room}`,
      );
    }
  }
});

test('the figures and reasons that are explained are those that there are', () => {
  const page = read('docs/operations/troubleshooting.md');
  const code = SOURCES.map(read)
    .join('\n')
    .replaceAll(/^\s*\*.*$/gm, '');
  assert.deepEqual(all(page, /^\| `(rollcall_\w+)` \|/gm), all(code, /'(rollcall_\w+)'/g));
  const reasons = page.slice(page.lastIndexOf('| reason |'));
  assert.deepEqual(
    all(reasons, /^\| `([\w-]+)` \|/gm),
    sorted(
      [...all(code, /\brefused\.of\('([\w-]+)'\)/g), ...all(code, /'(too-many-[\w-]+)'/g)].filter(
        (name) => name !== 'too-many-attributes',
      ),
    ),
  );
});

test('an example that names its file is that file', () => {
  const examples = PAGES.flatMap((page) => [...read(page).matchAll(/^```ts\n\/\/ (\S+)\n(.*?)^```$/gms)]);
  assert.ok(examples.length > 0);
  for (const [, file, text] of examples) assert.equal(text, read(file!), file);
});
