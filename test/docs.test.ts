import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { silentLog } from '#base/log.ts';
import { startServer } from '#main.ts';
import { freeOffset } from './support/free-ports.ts';

const ROOT = join(import.meta.dirname, '..');
const PAGES = globSync(['*.md', 'docs/**/*.md'], { cwd: ROOT }).sort();
const read = (page: string) => readFileSync(join(ROOT, page), 'utf8');

/** The commands of a page: what stands in blocks marked `sh`. Blocks that are only to be looked at are not marked. */
function commands(page: string): string {
  return [...read(page).matchAll(/^```sh\n(.*?)^```$/gms)].map(([, block]) => block).join('');
}

test('the commands in the documents work, in their order, on a server', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'docs-'));
  const data = join(folder, 'data');
  const server = await startServer({
    data,
    domain: 'chat.example',
    portOffset: await freeOffset([5222, 5223, 5280, 5281, 8443]),
    log: silentLog(),
  });
  t.after(async () => {
    await server.stop();
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  });
  // npx itself would ask the registry what "rollcall" is when it runs outside the checkout.
  const npx = join(folder, 'npx');
  writeFileSync(npx, `#!/bin/sh\nshift\nexec "${join(ROOT, 'bin/rollcall')}" "$@"\n`);
  chmodSync(npx, 0o755);
  const env = { ...process.env, PATH: `${folder}:${process.env.PATH}`, ROLLCALL_DATA: data };
  for (const page of PAGES) {
    const script = commands(page);
    if (script === '') continue;
    const child = spawn('sh', ['-e'], { cwd: folder, env, stdio: ['pipe', 'pipe', 'pipe'] });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (chunk: string) => {
        output += chunk;
      });
    }
    // Otherwise a command that reads its standard input would eat the ones after it.
    child.stdin.end(`{\n${script}\n} </dev/null\n`);
    const [code] = await once(child, 'close');
    assert.equal(code, 0, `${page}:\n${output}`);
  }
});

test('every link between the documents leads somewhere', () => {
  const dead = PAGES.flatMap((page) =>
    [...read(page).matchAll(/\]\((?!https?:)([^)#]+)[^)]*\)/g)]
      .map(([, target]) => target!)
      .filter((target) => !existsSync(join(ROOT, dirname(page), target)))
      .map((target) => `${page}: ${target}`),
  );
  assert.deepEqual(dead, []);
});

test('each package has a line that says what it is for', () => {
  const manifest = JSON.parse(read('package.json'));
  const packages = ['dependencies', 'devDependencies', 'optionalDependencies'].flatMap((kind) =>
    Object.keys(manifest[kind] ?? {}),
  );
  const lines = [...read('docs/dependencies.md').matchAll(/^\| `([^`]+)` \| [^|]+ \| [^|]+ \|$/gm)].map(
    ([, name]) => name,
  );
  assert.deepEqual(lines.sort(), packages.sort());
});

test('the lock file names no registry', () => {
  assert.doesNotMatch(read('package-lock.json'), /"resolved"/);
});
