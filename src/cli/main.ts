/** The door of the program: what `bin/rollcall` runs. */
import { run } from './program.ts';

process.exitCode = await run(process.argv.slice(2));
