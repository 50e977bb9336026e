import type { CustomTypesConfig } from 'pg';
import type { Value } from './database.ts';

const toInteger = (text: string): number => {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw new RangeError(`${text} is no safe integer`);
  return value;
};

/** By the oids of pg_type. Whatever else there is comes as text. */
const PARSERS: Record<number, (text: string) => Value> = {
  16: (text) => (text === 't' ? 1 : 0), // boolean: a comparison is an integer in SQLite
  17: (text) => new Uint8Array(Buffer.from(text.slice(2), 'hex')), // bytea, as \x and digits
  20: toInteger, // int8
  21: Number, // int2
  23: Number, // int4
  700: Number, // float4
  701: Number, // float8
  1700: Number, // numeric: what sum() makes of int8
};

export const postgresTypes = {
  getTypeParser: (oid: number) => PARSERS[oid] ?? ((text: string) => text),
} as CustomTypesConfig;
