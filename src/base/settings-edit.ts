/** Changes one setting in the settings file, as an administrator would with an editor: comments and all else stay. */
import { chmodSync, existsSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { parseDocument } from 'yaml';
import { Failure } from './failure.ts';
import type { Settings } from './loaded-settings.ts';
import type { Log } from './log.ts';
import { applySettings } from './settings-watch.ts';

/**
 * Writes a setting to the file and applies it at once.
 * @param key in full: `time.servers`
 * @throws {Failure} 'conflict' where the environment or the command line sets it, or the file cannot be used as it is
 */
export function editSetting(settings: Settings, key: string, value: unknown, log: Log): void {
  const { file } = settings;
  if (file === undefined) throw new Failure('conflict', `there is no settings file that could hold ${key}`);
  const source = settings.effective().find((one) => one.key === key)?.source;
  if (source === 'environment' || source === 'command line') {
    throw new Failure('conflict', `${key} is set by the ${source}, which wins over ${file}; change it there`);
  }
  if (existsSync(file) && !applySettings(settings, log)) {
    throw new Failure('conflict', `${file} has mistakes ("rollcall check" tells them); correct them first`);
  }
  const before = existsSync(file) ? readFileSync(file, 'utf8') : '';
  replaceFile(file, withSetting(before, key, value));
  if (applySettings(settings, log)) return;
  replaceFile(file, before);
  throw new Failure('malformed', `${JSON.stringify(value)} cannot be the value of ${key}`);
}

/** @param source the file's content @returns the content with the setting */
export function withSetting(source: string, key: string, value: unknown): string {
  const document = parseDocument(source);
  const words = key.split('.');
  // A group of which all lines are comments has no value, and nothing can be put into that.
  for (let depth = 1; depth < words.length; depth++) {
    const group = words.slice(0, depth);
    if (document.getIn(group) === null) document.deleteIn(group);
  }
  document.setIn(words, document.createNode(value));
  return document.toString({ lineWidth: 0 });
}

/** A reader sees the one or the other, whole. */
function replaceFile(file: string, content: string): void {
  const fresh = `${file}.new`;
  try {
    writeFileSync(fresh, content, { mode: 0o600, flush: true });
    if (existsSync(file)) chmodSync(fresh, statSync(file).mode & 0o777);
    renameSync(fresh, file);
  } catch (error) {
    rmSync(fresh, { force: true });
    throw new Failure('unavailable', `${file} cannot be written: ${(error as Error).message}`, { cause: error });
  }
}
