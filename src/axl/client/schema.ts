/** The schema versions of AXL that this client speaks, and what differs between them. */

/** The oldest first. */
const SCHEMAS = ['9.0', '9.1', '10.0', '10.5', '11.0', '11.5', '12.0', '12.5', '14.0', '15.0'] as const;

/**
 * In which a Unified CM of unknown version is asked for its version. Each takes its own schema and several older ones:
 * 11.5 is taken by all from 11.5 on, 9.0 by those before.
 */
export const HANDSHAKE: readonly string[] = ['11.5', '9.0', '9.1', '15.0'];

/** 9.0 before 10.5: schema versions are compared as numbers, part by part. */
export function compareSchemas(a: string, b: string): number {
  const [aMajor = 0, aMinor = 0] = a.split('.').map(Number);
  const [bMajor = 0, bMinor = 0] = b.split('.').map(Number);
  return aMajor - bMajor || aMinor - bMinor;
}

/**
 * The newest schema that both know.
 * @param version of the product, as in '11.5.1.14900(11)'
 * @returns undefined for a product that is older than all we know
 */
export function schemaFor(version: string): string | undefined {
  const found = /(\d+)(?:\.(\d+))?/.exec(version);
  if (found === null) return undefined;
  const product = `${found[1]}.${found[2] ?? '0'}`;
  return SCHEMAS.findLast((schema) => compareSchemas(schema, product) <= 0);
}

/** The next older one, for a Unified CM that refuses this one. */
export function schemaBelow(schema: string): string | undefined {
  return SCHEMAS.findLast((other) => compareSchemas(other, schema) < 0);
}

/** Change lists, presence assignments and roles of process nodes are in AXL from 10.0 on. */
export function hasChangeLists(schema: string): boolean {
  return compareSchemas(schema, '10.0') >= 0;
}
