/**
 * What `rollcall install` has made of a data folder. A data folder without it was made by a plain start: a publisher with
 * the embedded Unified CM, whose setup was finished at once.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { Failure } from '#base/failure.ts';
import { replaceFile } from './files.ts';

const FILE = 'installation.json';

const installationSchema = z.object({
  role: z.enum(['publisher', 'subscriber']),
  /** The node's own name in the topology. */
  node: z.string(),
  /**
   * `installing`: it broke off, and is carried on by installing again with the same answers. `installed`: its setup is not
   * finished, and it serves nobody yet.
   */
  state: z.enum(['installing', 'installed', 'finished']),
  /** The publisher of the Unified CM; '' for the embedded one, and on subscribers. */
  callManager: z.string(),
  /** Of a subscriber: where its publisher takes nodes, what that is called, and when the own certificate ends. */
  publisher: z
    .object({ host: z.string(), port: z.number(), name: z.string(), certificateEndsAt: z.number() })
    .optional(),
});

export type Installation = Readonly<z.infer<typeof installationSchema>>;

/**
 * @param data the data folder
 * @returns undefined where nothing was installed
 * @throws {Failure} 'malformed' when the file is damaged
 */
export function readInstallation(data: string): Installation | undefined {
  const file = join(data, FILE);
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new Failure('forbidden', `${file} cannot be read: ${(error as Error).message}`, { cause: error });
  }
  try {
    return installationSchema.parse(JSON.parse(text));
  } catch (error) {
    throw new Failure('malformed', `${file} is damaged; install again with the same answers`, { cause: error });
  }
}

export function writeInstallation(data: string, installation: Installation): void {
  replaceFile(join(data, FILE), `${JSON.stringify(installation, undefined, 2)}\n`);
}

/** Why a node serves nobody yet, and what to do; undefined when it does. */
export function lockedBecause(installation: Installation | undefined): string | undefined {
  if (installation === undefined) return undefined;
  const { state, role, publisher } = installation;
  if (state === 'installing') return 'the installation broke off; run "rollcall install" again with the same answers';
  if (role === 'subscriber') {
    return (
      `this node has joined the cluster of ${publisher?.name ?? 'its publisher'}; serving people on several nodes together ` +
      'is not part of this release, so they sign in on the publisher'
    );
  }
  return state === 'finished' ? undefined : 'the setup of this node is not finished; run "rollcall setup finish"';
}
