/** The people of a load, as SIPp reads them: a line each, taken in turn. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface People {
  first: number;
  count: number;
  /** To the number of each one's partner. */
  partners: number;
  password: string;
}

export function userName(number: number): string {
  return `user${number}`;
}

/** Fields: the name, SIPp's word for the credentials, the partner's name. @returns the file's path */
export function writeUsers(folder: string, file: string, { first, count, partners, password }: People): string {
  const lines = Array.from({ length: count }, (_, i) => {
    const name = userName(first + i);
    return `${name};[authentication username=${name} password=${password}];${userName(first + i + partners)}`;
  });
  const path = join(folder, file);
  writeFileSync(path, `SEQUENTIAL\n${lines.join('\n')}\n`);
  return path;
}
