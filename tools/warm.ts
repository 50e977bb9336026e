/** Loads the server once and opens a store that nobody wants, so that the first real start finds all of it compiled. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeDataFolder } from '#setup/data-folder.ts';

const folder = mkdtempSync(join(tmpdir(), 'rollcall-warm-'));
try {
  const { openContext } = await import('#main.ts');
  makeDataFolder(join(folder, 'data'), 'localhost', '', Date.now());
  await (await openContext({ data: join(folder, 'data') })).close();
  // The door as well: a single file that is not found compiled brings the compiler into memory.
  process.argv.splice(2, Number.POSITIVE_INFINITY, 'status', '--json', '--data', folder);
  await import('../bin/main.ts');
  process.exitCode = 0; // that no server runs there is no news
} finally {
  rmSync(folder, { recursive: true });
}
