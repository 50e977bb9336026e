/** Applies the settings file while the server runs: whenever it changes, and when asked to. */
import { unwatchFile, watchFile } from 'node:fs';
import { type Settings, SettingsProblems } from './loaded-settings.ts';
import type { Log } from './log.ts';

/**
 * Looks at the file each `everyMs`. Looking at the path itself, rather than being told by the kernel, holds for editors
 * that move files, for links that an orchestrator swaps, and for network file systems.
 * @returns ends the watch
 */
export function watchSettings(settings: Settings, log: Log, everyMs = 1000): () => void {
  const { file } = settings;
  if (file === undefined) return () => undefined;
  const look = () => applySettings(settings, log);
  watchFile(file, { interval: everyMs, persistent: false }, look);
  return () => unwatchFile(file, look);
}

/**
 * Reads the file again; what is valid is applied and logged, what is not is refused and logged.
 * @returns whether the file was taken
 */
export function applySettings(settings: Settings, log: Log): boolean {
  try {
    for (const { key, from, to, restart } of settings.reload()) {
      log.info(
        { setting: key, from, to },
        restart ? 'a setting changed; it takes effect at the next start' : 'a setting changed',
      );
    }
    return true;
  } catch (error) {
    if (!(error instanceof SettingsProblems)) throw error;
    log.error({ problems: error.problems }, 'the settings file was refused; the settings stay as they were');
    return false;
  }
}
