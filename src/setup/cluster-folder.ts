/** The folder of the data folder that holds what belongs to the cluster: keys and certificates. */
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { replaceFile } from './files.ts';

/** @param data the data folder */
export function clusterFolder(data: string): {
  read(name: string): string | undefined;
  replace(name: string, content: string): void;
} {
  const folder = join(data, 'cluster');
  return {
    read(name) {
      try {
        return readFileSync(join(folder, name), 'utf8');
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
        throw error;
      }
    },
    replace(name, content) {
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      replaceFile(join(folder, name), content);
    },
  };
}
