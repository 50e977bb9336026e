/** Loads the server once and opens a store that nobody wants, so that the first real start finds all of it compiled. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from '#cli/program.ts';
import { makeDataFolder } from '#setup/data-folder.ts';

const folder = mkdtempSync(join(tmpdir(), 'rollcall-warm-'));
try {
  const server = () => import('#main.ts');
  const { openContext } = await server();
  makeDataFolder(join(folder, 'data'), 'localhost', '', Date.now());
  await (await openContext({ data: join(folder, 'data') })).close();
  await run(['status', '--json', '--data', folder], server);
  process.exitCode = 0; // that no server runs there is no news
} finally {
  rmSync(folder, { recursive: true });
}
