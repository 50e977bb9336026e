import { Command } from 'commander';
import { type Status, serverStatus } from '#commands/server.ts';
import { type CommonOptions, EXIT, print, table } from './cli.ts';
import { askServer } from './control-client.ts';

export function status(): Command {
  return new Command('status')
    .description('whether the server runs, on which ports, and what is wrong; exit code 1 unless all is well')
    .action(async (options: CommonOptions) => {
      const answer = await askServer(options.data, serverStatus.name, {});
      if (answer === undefined) {
        process.exitCode = EXIT.failed;
        print(options, { running: false, data: options.data }, () => `No server runs on ${options.data}.`);
        return;
      }
      const now = serverStatus.output.parse(answer.output);
      if (now.problems.length > 0) process.exitCode = EXIT.failed;
      print(options, now, () => describe(now));
    });
}

function describe(now: Status): string {
  const rows = [
    ['Domain', now.domain],
    ['Running', `${since(now.startedAt ?? Date.now())}, release ${now.version}`],
    ...Object.entries(now.ports ?? {}).map(([name, port]) => [`Port ${port}`, name]),
    ['Accounts', `${now.accounts}, ${now.devices} devices signed in`],
    ['Memory', `${Math.round((now.memoryBytes ?? 0) / 1_000_000)} MB`],
    ['Health', now.problems.length === 0 ? 'all is well' : 'not well'],
    ...now.problems.map(({ what, reason }) => [`  ${what}`, reason]),
  ];
  return table(rows);
}

function since(at: number): string {
  const minutes = Math.floor((Date.now() - at) / 60_000);
  if (minutes < 1) return 'for less than a minute';
  if (minutes < 120) return `for ${minutes} minutes`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `for ${hours} hours` : `for ${Math.floor(hours / 24)} days`;
}
