import { existsSync } from 'node:fs';
import { Command } from 'commander';
import { type Effective, Settings } from '#base/loaded-settings.ts';
import { serverSettings } from '#commands/server.ts';
import { openDataFolder } from '#setup/data-folder.ts';
import { type CommonOptions, print, table, UsageError } from './cli.ts';
import { askServer } from './control-client.ts';
import { loadServer } from './server-module.ts';
import { settingsEnvironment } from './with-node.ts';

export function settings(): Command {
  return new Command('settings')
    .description('the settings in force, and where each is from')
    .argument('[name]', 'only this one, or those below it, with what they are for')
    .action(async (name: string | undefined, options: CommonOptions) => {
      const all = await effective(options.data);
      const some = all.filter(({ key }) => name === undefined || key === name || key.startsWith(`${name}.`));
      if (some.length === 0) throw new UsageError(`there is no setting ${name}; "rollcall settings" shows all`);
      print(options, some, () => (name === undefined ? brief(some) : some.map(whole).join('\n\n')));
    });
}

/** As the running server has them, else as it would have them. */
async function effective(data: string): Promise<Effective[]> {
  const answer = await askServer(data, serverSettings.name, {});
  if (answer !== undefined) return serverSettings.output.parse(answer.output) as Effective[];
  const { loadSettings, settingsGroups } = await loadServer();
  const env = settingsEnvironment();
  const loaded = existsSync(data)
    ? loadSettings(openDataFolder(data), { data, env })
    : Settings.load({ groups: settingsGroups, env });
  return loaded.effective();
}

function brief(all: readonly Effective[]): string {
  return table(all.map(({ key, value, unit, source }) => [key, `${text(value)} ${unit ?? ''}`.trimEnd(), source]));
}

function whole({ key, value, unit, source, default: initial, help, environment, restart }: Effective): string {
  return [
    `${key}: ${text(value)} ${unit ?? ''}`.trimEnd(),
    `  ${help}`,
    `  From: ${source}. Default: ${text(initial)}. Variable: ${environment}.${restart ? ' Takes a restart.' : ''}`,
  ].join('\n');
}

function text(value: unknown): string {
  return typeof value === 'string' && value !== '' ? value : JSON.stringify(value);
}
