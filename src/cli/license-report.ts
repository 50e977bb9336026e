import { Command } from 'commander';
import { licenseReport as report } from '#commands/directory.ts';
import { type CommonOptions, print, table } from './cli.ts';
import { runCommand } from './run-command.ts';

export function licenseReport(): Command {
  return new Command('report')
    .description('how many users are enabled, by what entitles them')
    .action(async (options: CommonOptions) => {
      const found = await runCommand(options.data, report, {});
      print(options, found, () =>
        table([
          ['enabled for IM and Presence', String(found.enabled)],
          ...found.byEntitlement.map(({ entitlement, users }) => [`  by ${entitlement}`, String(users)]),
        ]),
      );
    });
}
