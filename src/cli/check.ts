import { Command } from 'commander';
import { serverStatus } from '#commands/server.ts';
import { checkAll } from '#setup/checks.ts';
import { type CommonOptions, EXIT, print } from './cli.ts';
import { askServer } from './control-client.ts';
import { loadServer } from './server-module.ts';
import { settingsEnvironment } from './with-node.ts';

const SIGNS = { ok: 'ok      ', warning: 'warning ', failed: 'FAILED  ' };

export function check(): Command {
  return new Command('check')
    .description(
      'look for what is wrong: settings, ports, certificates, clock, disk; exit code 1 when something failed',
    )
    .option('--port-offset <number>', 'as given to start, while the server does not run', Number, 0)
    .action(async (options: CommonOptions & { portOffset: number }) => {
      const { settingsGroups, plannedListeners } = await loadServer();
      const answer = await askServer(options.data, serverStatus.name, {});
      const ours = answer && serverStatus.output.parse(answer.output).ports;
      const found = await checkAll({
        data: options.data,
        groups: settingsGroups,
        env: settingsEnvironment(),
        listeners: (settings) => plannedListeners(settings, options.portOffset),
        ...(ours && { running: ours }),
        now: Date.now(),
      });
      if (found.some(({ state }) => state === 'failed')) process.exitCode = EXIT.failed;
      print(options, found, () =>
        found
          .map(
            ({ state, what, message, cure }) =>
              `${SIGNS[state]}${what}: ${message}${cure ? `\n          ${cure}` : ''}`,
          )
          .join('\n'),
      );
    });
}
