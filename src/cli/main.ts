/** The door of the program: what `bin/rollcall` runs. Everything else is loaded once its compiled form can be found. */
import { enableCompileCache } from 'node:module';
import { homedir } from 'node:os';
import { join } from 'node:path';

// What was compiled (and stripped of its types) once is read the next time: a start takes half the time and memory.
// The folders are the installation's and the user's own, for who can write there can run code as this user anyway.
const installation = join(import.meta.dirname, '../../node_modules/.cache/rollcall');
if (enableCompileCache(installation).directory === undefined) enableCompileCache(join(homedir(), '.cache/rollcall'));

const { run } = await import('./program.ts');
process.exitCode = await run(process.argv.slice(2));
