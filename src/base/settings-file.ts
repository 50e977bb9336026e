/** Reads a settings file: YAML, nested by the words of the keys, each value with the line it stands on. */
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { type Alias, isAlias, isMap, isScalar, LineCounter, type Node, parseDocument } from 'yaml';
import { nearest } from './nearest.ts';

/** A file larger than this is not one of ours. */
const MAX_FILE_BYTES = 1_048_576;

export interface FileValue {
  value: unknown;
  /** `settings.yaml:12` */
  where: string;
}

export interface FileContent {
  values: Map<string, FileValue>;
  /** Sentences, each with its line. Empty when the file can be used. */
  problems: string[];
  /** False when there is no such file. */
  exists: boolean;
}

/** @param keys every key there is, in full: `xmpp.limits.maxStanzaBytes` */
export function readSettingsFile(path: string, keys: Iterable<string>): FileContent {
  let source: string;
  try {
    source = readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { values: new Map(), problems: [], exists: false };
    return { values: new Map(), problems: [`${path} cannot be read: ${(error as Error).message}`], exists: true };
  }
  return { ...parseSettings(source, basename(path), keys), exists: true };
}

/** @param name what the file is called in problems */
export function parseSettings(source: string, name: string, keys: Iterable<string>): Omit<FileContent, 'exists'> {
  const values = new Map<string, FileValue>();
  const problems: string[] = [];
  if (source.length > MAX_FILE_BYTES) return { values, problems: [`${name} is larger than ${MAX_FILE_BYTES} bytes`] };
  const lines = new LineCounter();
  const document = parseDocument(source, { lineCounter: lines, prettyErrors: false });
  for (const error of document.errors) problems.push(`${name}:${lines.linePos(error.pos[0]).line}: ${error.message}`);
  if (problems.length > 0) return { values, problems };

  const known = new Set(keys);
  const branches = new Set([...known].flatMap(ancestors));
  const children = (path: string) => childNames(path, known);

  const walk = (node: Node | null, path: string, line: number): void => {
    const where = `${name}:${line}`;
    const resolved = isAlias(node) ? node.resolve(document) : node;
    if (resolved === undefined) {
      problems.push(`${where}: ${path} refers to *${(node as Alias).source}, and nothing is called so`);
      return;
    }
    if (resolved === null || (isScalar(resolved) && resolved.value === null)) return;
    if (known.has(path)) {
      try {
        values.set(path, { value: resolved.toJS(document, { maxAliasCount: 100 }), where });
      } catch (error) {
        // References to nothing, to themselves, or so many that they would fill the memory.
        problems.push(`${where}: ${path}: ${(error as Error).message}`);
      }
      return;
    }
    if (!isMap(resolved)) {
      const what = path === '' ? 'the file' : path;
      problems.push(
        `${where}: ${what} holds settings by name (${children(path).slice(0, 5).join(', ')} ...), not a value`,
      );
      return;
    }
    for (const { key, value } of resolved.items) {
      const at = isScalar(key) ? key : undefined;
      const word = String(at?.value ?? key);
      const full = path === '' ? word : `${path}.${word}`;
      const keyLine = at?.range ? lines.linePos(at.range[0]).line : line;
      if (known.has(full) || branches.has(full)) walk(value as Node | null, full, keyLine);
      else problems.push(`${name}:${keyLine}: unknown key ${full}${suggestion(word, path, known)}`);
    }
  };
  walk(document.contents, '', 1);
  return { values, problems };
}

/** The paths above a key: of `a.b.c`, `a` and `a.b`. */
function ancestors(key: string): string[] {
  const words = key.split('.');
  return words.slice(1).map((_, i) => words.slice(0, i + 1).join('.'));
}

function childNames(path: string, known: Set<string>): string[] {
  const prefix = path === '' ? '' : `${path}.`;
  const below = [...known].filter((key) => key.startsWith(prefix));
  return [...new Set(below.map((key) => key.slice(prefix.length).split('.')[0]!))];
}

/** The nearest name at that place, else the same name at another place. */
function suggestion(word: string, path: string, known: Set<string>): string {
  const here = nearest(word, childNames(path, known));
  if (here !== undefined) return `; did you mean ${here}?`;
  const elsewhere = [...known].find((key) => key.split('.').at(-1) === word || key.startsWith(`${word}.`));
  return elsewhere === undefined ? '' : `; did you mean ${elsewhere}?`;
}
