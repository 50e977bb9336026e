/**
 * How the shapes of AXL's objects are written down: names in the schema's order, with the versions that have them in
 * brackets, what is inside in parentheses, and a star at what may be repeated:
 *
 *     'name displayName[11.0-] primaryExtension(pattern routePartitionName) associatedDevices(device*)'
 */

/** Every schema version that is taken, oldest first. */
export const VERSIONS = ['8.5', '9.0', '9.1', '10.0', '10.5', '11.0', '11.5', '12.0', '12.5', '14.0', '15.0'] as const;
export type Version = (typeof VERSIONS)[number];

/** One element of a schema. */
export interface Shape {
  readonly name: string;
  /** The first version that has it, and the last. */
  readonly from: Version;
  readonly until: Version;
  readonly repeated: boolean;
  readonly inside: readonly Shape[];
}

export function isVersion(text: string): text is Version {
  return (VERSIONS as readonly string[]).includes(text);
}

export function isWithin(version: Version, { from, until }: { from: Version; until: Version }): boolean {
  const at = VERSIONS.indexOf(version);
  return at >= VERSIONS.indexOf(from) && at <= VERSIONS.indexOf(until);
}

const TOKEN = /\s*(?:([A-Za-z_]\w*)(?:\[([\d.]*)-([\d.]*)\])?(\*)?(\()?|(\)))/y;

/** @throws {Error} where the notation is wrong, which is a fault of the code that has it */
export function readShapes(notation: string): readonly Shape[] {
  const levels: Shape[][] = [[]];
  TOKEN.lastIndex = 0;
  while (notation.slice(TOKEN.lastIndex).trim() !== '') {
    const at = TOKEN.lastIndex;
    const [, name, from = '', until = '', star, opens, closes] = TOKEN.exec(notation) ?? [];
    if (closes !== undefined && levels.length > 1) levels.pop();
    else if (name === undefined) throw new Error(`this shape is malformed: ${notation.slice(at, at + 40)}`);
    else {
      const inside: Shape[] = [];
      const range = { from: versionOr(from, '8.5'), until: versionOr(until, '15.0') };
      levels.at(-1)!.push({ name, ...range, repeated: star !== undefined, inside });
      if (opens !== undefined) levels.push(inside);
    }
  }
  if (levels.length !== 1) throw new Error('a shape is not closed');
  return levels[0]!;
}

function versionOr(text: string, otherwise: Version): Version {
  if (text === '') return otherwise;
  if (!isVersion(text)) throw new Error(`no schema version ${text}`);
  return text;
}
