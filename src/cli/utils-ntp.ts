/** `utils ntp`: how right the clock is, and what it is measured against. */
import { type ListedNtpServer, ntpServerAdd, ntpServerDelete, ntpServerList, ntpStatus } from '#commands/ntp.ts';
import { renderNtpStatus } from '#time/ntp-status.ts';
import { table } from './cli.ts';
import { runCommand } from './run-command.ts';
import type { Verb } from './words/grammar.ts';

export const NTP: readonly Verb[] = [
  {
    path: 'utils ntp status',
    help: 'whether the clock is synchronised; exit code 1 when there are NTP servers and it is not',
    async run({ data }) {
      const result = await runCommand(data, ntpStatus, {});
      return { result, text: renderNtpStatus(result), failed: result.running && result.chosen === undefined };
    },
  },
  {
    path: 'utils ntp server list',
    help: 'the NTP servers, each asked now whether it is accessible',
    async run({ data }) {
      const result = await runCommand(data, ntpServerList, {});
      return { result, text: result.length === 0 ? 'No NTP server is set.' : table(result.map(row)) };
    },
  },
  {
    path: 'utils ntp server add <server...>',
    help: 'add NTP servers (an address, a name, "pool NAME"; with :PORT where it is not 123), when each answers',
    async run({ data, args }) {
      const result = await runCommand(data, ntpServerAdd, { servers: serversIn(args.server ?? '') });
      return { result, text: changed(result) };
    },
  },
  {
    path: 'utils ntp server delete <server...>',
    help: 'take NTP servers off the list',
    async run({ data, args }) {
      const result = await runCommand(data, ntpServerDelete, { servers: serversIn(args.server ?? '') });
      return { result, text: changed(result) };
    },
  },
];

/** What was typed, with a pool and its name as one, in quotation marks or not. */
export function serversIn(rest: string): string[] {
  return rest.replace(/["']/g, '').match(/pool\s+\S+|\S+/g) ?? [];
}

function row({ server, address, isAccessible, finding, cure }: ListedNtpServer): string[] {
  const state = `The NTP service is ${isAccessible ? '' : 'not '}accessible`;
  const name = address === undefined || address === server ? server : `${server} (${address})`;
  return [name, state, `${finding}${cure && `. ${cure}`}`];
}

function changed({ servers, warnings }: { servers: readonly string[]; warnings: readonly string[] }): string {
  return [`NTP servers: ${servers.join(', ') || 'none'}`, ...warnings].join('\n');
}
