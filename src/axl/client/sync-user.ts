/** The application user of the embedded Unified CM by which this server itself reads and writes it. */
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Directory } from '#directory/directory.ts';
import { AXL_ROLE, STANDARD_PRESENCE_GROUP } from '#directory/presets.ts';
import { createFile } from '#setup/files.ts';

export const SYNC_USER = 'rollcall-sync';
const GROUP = 'Rollcall synchronization';
/** In the data folder, for its owner alone. */
const PASSWORD_FILE = 'unified-cm-sync-password';
const PASSWORD_BYTES = 32;

/**
 * Makes the user where it is missing, or was changed by somebody.
 * @param folder the path of the data folder
 * @returns its password
 */
export async function openSyncUser(directory: Directory, folder: string): Promise<string> {
  const password = readPassword(join(folder, PASSWORD_FILE));
  const known = await directory.authenticateAny(SYNC_USER, password);
  if (known?.kind === 'AppUser' && known.roles.has(AXL_ROLE)) return password;
  if ((await directory.get('UserGroup', { name: GROUP })) === undefined) {
    await directory.add('UserGroup', { name: GROUP, userRoles: [AXL_ROLE] });
  }
  const fields = { password, associatedGroups: [GROUP] };
  if ((await directory.get('AppUser', { name: SYNC_USER })) !== undefined) {
    await directory.update('AppUser', { name: SYNC_USER }, fields);
  } else {
    await directory.add('AppUser', { userid: SYNC_USER, presenceGroupName: STANDARD_PRESENCE_GROUP, ...fields });
  }
  return password;
}

function readPassword(file: string): string {
  if (!existsSync(file)) createFile(file, `${randomBytes(PASSWORD_BYTES).toString('base64url')}\n`);
  return readFileSync(file, 'utf8').trim();
}
