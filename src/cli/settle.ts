/** What is done once a start is over: its compiled code is kept for the next one, its waste is given back. */
import { flushCompileCache } from 'node:module';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/**
 * A start leaves behind twice the memory that a server at rest needs, and V8 gives nothing back until it has to. A
 * server that is killed never gets to writing its compiled code at its end, so this happens now as well.
 */
export function settle(): void {
  flushCompileCache();
  setFlagsFromString('--expose-gc');
  const collect: NodeJS.GCFunction = runInNewContext('gc');
  setFlagsFromString('--no-expose-gc');
  collect({ type: 'major', execution: 'sync', flavor: 'last-resort' });
}
