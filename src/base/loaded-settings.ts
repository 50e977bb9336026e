/**
 * The settings of one server: defaults, then the file, then the environment, then the command line; the later wins.
 * The values of a group are one object for ever, whose properties change when the file does, so code reads
 * `limits.maxStanzaBytes` where it needs it and is always right.
 */
import { Failure } from './failure.ts';
import { nearest } from './nearest.ts';
import { environmentName, type Setting, type SettingsGroup, type Shape, type Values } from './settings.ts';
import { type FileValue, readSettingsFile } from './settings-file.ts';

export type Source = 'default' | 'file' | 'environment' | 'command line';

/** One setting as it is now. */
export interface Effective {
  key: string;
  value: unknown;
  source: Source;
  default: unknown;
  help: string;
  environment: string;
  unit?: string;
  restart?: true;
  secret?: true;
}

/** A setting that became another; secrets are hidden. */
export interface Change {
  key: string;
  from: unknown;
  to: unknown;
  /** It takes effect at the next start only. */
  restart: boolean;
}

export interface SettingsOptions {
  groups: readonly SettingsGroup[];
  /** Path of the YAML file. One that does not exist is like an empty one. */
  file?: string;
  env?: NodeJS.ProcessEnv;
  /** From the command line, by key in full: `{ 'http.port': 5280 }`; a text is read as in the environment. */
  overrides?: Readonly<Record<string, unknown>>;
}

/** Settings that cannot be used: every problem at once, each a sentence with its place. */
export class SettingsProblems extends Failure {
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super('malformed', problems.join('\n'));
    this.problems = problems;
  }
}

const HIDDEN = '(secret)';

interface Key {
  setting: Setting<unknown>;
  name: string;
  group: SettingsGroup;
}

interface Found {
  value: unknown;
  source: Source;
}

export class Settings {
  /** Where the settings come from; undefined when there is no file. */
  readonly file: string | undefined;
  /** Sentences about what was read and not used: variables that look like settings and are none. */
  readonly warnings: string[] = [];
  /** Moves on with each reload, for what is made of many settings and kept. */
  revision = 0;
  #keys = new Map<string, Key>();
  #found = new Map<string, Found>();
  #live = new Map<SettingsGroup, Record<string, unknown>>();
  #listeners = new Map<SettingsGroup, Set<(changed: readonly string[]) => void>>();
  #env: NodeJS.ProcessEnv;
  #overrides: Readonly<Record<string, unknown>>;
  #hadFile = false;

  /** @throws {SettingsProblems} */
  static load(options: SettingsOptions): Settings {
    return new Settings(options);
  }

  private constructor({ groups, file, env = {}, overrides = {} }: SettingsOptions) {
    this.file = file;
    this.#env = env;
    this.#overrides = overrides;
    for (const group of groups) this.#add(group);
    for (const key of this.#keys.keys()) {
      const parent = key.slice(0, key.lastIndexOf('.'));
      if (this.#keys.has(parent)) throw new Error(`${parent} is both a setting and a group`);
    }
    this.#found = this.#read();
    for (const [key, { value }] of this.#found) this.#set(key, value);
    this.#lookForStrayVariables();
  }

  #add(group: SettingsGroup): void {
    for (const [name, setting] of Object.entries(group.shape)) {
      const key = `${group.path}.${name}`;
      if (this.#keys.has(key)) throw new Error(`the setting ${key} is declared twice`);
      this.#keys.set(key, { setting, name, group });
    }
    this.#live.set(group, {});
  }

  #set(key: string, value: unknown): void {
    const { group, name } = this.#keys.get(key)!;
    this.#live.get(group)![name] = value;
  }

  /** The values of a group: one object for ever, kept up to date. */
  of<S extends Shape>(group: SettingsGroup<S>): Readonly<Values<S>> {
    const live = this.#live.get(group as SettingsGroup);
    if (live === undefined) throw new Error(`the settings group ${group.path} was not loaded`);
    return live as Readonly<Values<S>>;
  }

  /**
   * Tells, after a reload, when settings of a group changed.
   * @param listener given the names of those that did, without the path
   * @returns withdraws the listener
   */
  onChange(group: SettingsGroup, listener: (changed: readonly string[]) => void): () => void {
    const listeners = this.#listeners.get(group) ?? new Set();
    this.#listeners.set(group, listeners.add(listener));
    return () => listeners.delete(listener);
  }

  /**
   * Reads the file again and applies what changed, all or nothing.
   * @throws {SettingsProblems} when it cannot be used; everything stays as it was
   */
  reload(): Change[] {
    this.revision++;
    const found = this.#read();
    const changes: Change[] = [];
    const changed = new Map<SettingsGroup, string[]>();
    for (const [key, now] of found) {
      const { setting, group, name } = this.#keys.get(key)!;
      const before = this.#found.get(key)!;
      if (same(before.value, now.value)) continue;
      const restart = setting.restart ?? false;
      changes.push({ key, from: shown(setting, before.value), to: shown(setting, now.value), restart });
      if (restart) continue;
      this.#set(key, now.value);
      changed.set(group, [...(changed.get(group) ?? []), name]);
    }
    this.#found = found;
    for (const [group, names] of changed) for (const tell of [...(this.#listeners.get(group) ?? [])]) tell(names);
    return changes;
  }

  /** Every setting with its value and where that is from, in the order of declaration. Secrets are hidden. */
  effective(): Effective[] {
    return [...this.#keys].map(([key, { setting }]) => {
      const { value, source } = this.#found.get(key)!;
      const { help, unit, restart, secret } = setting;
      return {
        key,
        value: shown(setting, value),
        source,
        default: setting.default,
        help,
        environment: environmentName(key),
        ...(unit !== undefined && { unit }),
        ...(restart && { restart }),
        ...(secret && { secret }),
      };
    });
  }

  #read(): Map<string, Found> {
    const problems: string[] = [];
    const file = this.#readFile(problems);
    const found = new Map<string, Found>();
    for (const [key, { setting }] of this.#keys) {
      const variable = environmentName(key);
      const candidates: [Source, string, unknown][] = [
        ['command line', `the command line: ${key}`, fromText(setting, this.#overrides[key])],
        ['environment', `the environment: ${variable}`, fromText(setting, this.#env[variable])],
        ['file', `${file.get(key)?.where}: ${key}`, file.get(key)?.value],
      ];
      found.set(key, { value: setting.default, source: 'default' });
      // The first that is there wins; a wrong one below it is told as well, since it is wrong all the same.
      for (const [source, where, value] of candidates.reverse()) {
        if (value === undefined) continue;
        const checked = setting.schema.safeParse(value);
        if (checked.success) found.set(key, { value: checked.data, source });
        else
          problems.push(
            `${where} is ${setting.secret ? HIDDEN : JSON.stringify(value)}; it must be ${setting.expects}`,
          );
      }
    }
    for (const key of Object.keys(this.#overrides)) {
      if (!this.#keys.has(key))
        problems.push(`the command line: unknown key ${key}${didYouMean(key, this.#keys.keys())}`);
    }
    if (problems.length > 0) throw new SettingsProblems(problems);
    return found;
  }

  #readFile(problems: string[]): Map<string, FileValue> {
    if (this.file === undefined) return new Map();
    const content = readSettingsFile(this.file, this.#keys.keys());
    // An editor that saves by moving files leaves a moment without one; that is no wish for the defaults.
    if (this.#hadFile && !content.exists) problems.push(`${this.file} is gone`);
    this.#hadFile ||= content.exists;
    problems.push(...content.problems);
    return content.values;
  }

  /** Told, not refused: an orchestrator may add variables of its own (a service's name, then _PORT). */
  #lookForStrayVariables(): void {
    const names = new Set([...this.#keys.keys()].map(environmentName));
    for (const variable of Object.keys(this.#env)) {
      if (!variable.startsWith('ROLLCALL_') || names.has(variable)) continue;
      this.warnings.push(`the environment: ${variable} is not a setting${didYouMean(variable, names)}`);
    }
  }
}

function fromText(setting: Setting<unknown>, value: unknown): unknown {
  return typeof value === 'string' ? setting.fromText(value) : value;
}

function shown(setting: Setting<unknown>, value: unknown): unknown {
  return setting.secret ? HIDDEN : value;
}

function didYouMean(word: string, names: Iterable<string>): string {
  const name = nearest(word, names);
  return name === undefined ? '' : `; did you mean ${name}?`;
}

function same(a: unknown, b: unknown): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b);
}
