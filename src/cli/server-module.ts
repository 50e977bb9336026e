/** What the command line needs of the server. It is handed in at the door, for an edge does not know the whole. */
import type { Settings } from '#base/loaded-settings.ts';
import type { Log } from '#base/log.ts';
import type { SettingsGroup } from '#base/settings.ts';
import type { CommandContext } from '#commands/command.ts';
import type { Listener } from '#setup/checks.ts';
import type { DataFolder } from '#setup/data-folder.ts';
import type { SignIn } from '#setup/first-start.ts';
import type { CallManagerAnswers } from '#setup/install-answers.ts';
import type { InstallCallManager } from '#setup/install-checks.ts';

export interface DataOptions {
  data: string;
  env: NodeJS.ProcessEnv;
  overrides?: Readonly<Record<string, unknown>>;
  log?: Log;
}

/** A server that runs in this process. */
export interface StartedServer {
  readonly domain: string;
  readonly ports: Readonly<Record<string, number>>;
  readonly administrator: SignIn | undefined;
  readonly demo: readonly SignIn[];
  readonly node: { readonly log: Log; readonly folder: DataFolder };
  reload(): boolean;
  stop(): Promise<void>;
}

export interface ServerModule {
  readonly version: string;
  readonly settingsGroups: readonly SettingsGroup[];
  startServer(
    options: DataOptions & { domain?: string; portOffset: number; demo: boolean; shutDown: () => void },
  ): Promise<StartedServer>;
  /** Opens the data folder of a server that does not run. */
  openContext(options: DataOptions): Promise<{ context: CommandContext; close(): Promise<void> }>;
  loadSettings(folder: DataFolder, options: DataOptions): Settings;
  /** Reaches a Unified CM that a node is to be installed for. */
  callManager(answers: CallManagerAnswers): InstallCallManager;
  /** Keeps the security password of the cluster in a data folder whose server does not run. */
  keepSecurityPassword(options: DataOptions, password: string): Promise<void>;
  plannedListeners(settings: Settings, portOffset: number): Listener[];
}

let load: (() => Promise<ServerModule>) | undefined;

export function useServer(loader: () => Promise<ServerModule>): void {
  load = loader;
}

export function loadServer(): Promise<ServerModule> {
  if (load === undefined) throw new Error('the command line was given no server');
  return load();
}
