/**
 * What one setting is. The same description validates the file, names the environment variable, writes the template
 * and is shown by `rollcall settings`, so a setting is described once, where it is used:
 *
 *     export const xmppLimits = settingsGroup('xmpp.limits', {
 *       maxStanzaBytes: integer({ default: 262_144, min: 10_000, max: 16_777_216, unit: 'bytes', help: '...' }),
 *     });
 */
import { z } from 'zod';

export interface Setting<T> {
  readonly schema: z.ZodType<T>;
  readonly default: T;
  /** What a value has to be, to end the sentence 'it must be ...'. */
  readonly expects: string;
  /** One or two sentences for the administrator. */
  readonly help: string;
  readonly unit?: string;
  /** Read at start only; changing it takes a restart. Nearly no setting is like this. */
  readonly restart?: true;
  /** Never printed nor logged. */
  readonly secret?: true;
  /** From the text of an environment variable or a command line; what cannot be read stays text, and fails later. */
  readonly fromText: (text: string) => unknown;
}

interface Options<T> {
  default: T;
  help: string;
  unit?: string;
  restart?: true;
  secret?: true;
}

export type Shape = Readonly<Record<string, Setting<unknown>>>;

/** The values of a group, by name. */
export type Values<S extends Shape> = { [Name in keyof S]: S[Name] extends Setting<infer T> ? T : never };

export interface SettingsGroup<S extends Shape = Shape> {
  /** Where the group stands in the file: `xmpp.limits`. */
  readonly path: string;
  readonly shape: S;
}

/** @param path words joined by dots; a word may hold hyphens and digits (`xmpp.xep-0191`) */
export function settingsGroup<const S extends Shape>(path: string, shape: S): SettingsGroup<S> {
  if (!/^[a-z][a-zA-Z0-9-]*(\.[a-z][a-zA-Z0-9-]*)*$/.test(path)) throw new Error(`not a settings path: ${path}`);
  return { path, shape };
}

/** The environment variable of a key: `xmpp.limits.maxStanzaBytes` is ROLLCALL_XMPP_LIMITS_MAX_STANZA_BYTES. */
export function environmentName(key: string): string {
  const words = key.replace(/([a-z0-9])([A-Z])/g, '$1_$2').replace(/[.-]/g, '_');
  return `ROLLCALL_${words.toUpperCase()}`;
}

export function integer(options: Options<number> & { min?: number; max?: number }): Setting<number> {
  const { min = Number.MIN_SAFE_INTEGER, max = Number.MAX_SAFE_INTEGER } = options;
  const lower = options.min === undefined ? '' : `, at least ${min}`;
  const upper = options.max === undefined ? '' : `, at most ${max}`;
  const unit = options.unit === undefined ? '' : ` of ${options.unit}`;
  return setting(z.int().min(min).max(max), `a whole number${unit}${lower}${upper}`, options, (text) =>
    /^[+-]?\d+$/.test(text.trim()) ? Number(text) : text,
  );
}

/** A length of time, in the unit that its name carries (`idleSeconds`, `lagMs`). */
export function duration(
  options: Options<number> & {
    unit: 'milliseconds' | 'seconds' | 'minutes' | 'hours' | 'days';
    max?: number;
    min?: number;
  },
): Setting<number> {
  return integer({ min: 0, ...options });
}

export function flag(options: Options<boolean>): Setting<boolean> {
  const words: Record<string, boolean> = { true: true, yes: true, on: true, 1: true };
  const opposites: Record<string, boolean> = { false: false, no: false, off: false, 0: false };
  return setting(z.boolean(), 'true or false', options, (text) => {
    const word = text.trim().toLowerCase();
    return words[word] ?? opposites[word] ?? text;
  });
}

/** @param options.expects ends the sentence 'it must be ...' where there is a pattern or a limit */
export function text(
  options: Options<string> & { pattern?: RegExp; maxLength?: number; expects?: string },
): Setting<string> {
  const { maxLength = 4096 } = options;
  const limited = z.string().max(maxLength);
  const schema = options.pattern === undefined ? limited : limited.regex(options.pattern);
  return setting(schema, options.expects ?? `text of at most ${maxLength} characters`, options, (value) => value);
}

export function choice<const T extends string>(options: Options<T> & { values: readonly T[] }): Setting<T> {
  return setting(z.enum(options.values), `one of ${options.values.join(', ')}`, options, (value) => value.trim());
}

/** A list of texts; in an environment variable they are joined by commas. */
export function list(
  options: Options<readonly string[]> & { pattern?: RegExp; maxItems?: number; expects?: string },
): Setting<readonly string[]> {
  const { maxItems = 1000 } = options;
  const item = options.pattern === undefined ? z.string() : z.string().regex(options.pattern);
  const schema = z.array(item).max(maxItems);
  return setting(schema, options.expects ?? `a list of at most ${maxItems} texts`, options, (value) =>
    value
      .split(',')
      .map((part) => part.trim())
      .filter((part) => part !== ''),
  );
}

function setting<T>(
  schema: z.ZodType<T>,
  expects: string,
  options: Options<T>,
  fromText: (text: string) => unknown,
): Setting<T> {
  const { default: initial, help, unit, restart, secret } = options;
  const about = { ...(unit && { unit }), ...(restart && { restart }), ...(secret && { secret }) };
  if (!schema.safeParse(initial).success) throw new Error(`the default ${initial} is not ${expects}`);
  return { schema: schema.meta({ description: help, ...about }), default: initial, expects, help, ...about, fromText };
}
