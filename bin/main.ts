/** The door of the program: what `bin/rollcall` runs. The server itself is loaded only by commands that need it. */
import { run } from '#cli/program.ts';

process.exitCode = await run(process.argv.slice(2), () => import('#main.ts'));
