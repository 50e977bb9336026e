import { Command } from 'commander';
import { type SyncStatus, syncStatus as status } from '#commands/sync.ts';
import { type CommonOptions, EXIT, print, table } from './cli.ts';
import { runCommand } from './run-command.ts';

export function syncStatus(): Command {
  return new Command('status')
    .description('how far the server has followed its Unified CM; exit code 1 where that fails')
    .action(async (options: CommonOptions) => {
      const now = await runCommand(options.data, status, {});
      if (now.error !== undefined) process.exitCode = EXIT.failed;
      print(options, now, () => describeSync(now, Date.now()));
    });
}

/** @param at epoch milliseconds */
export function describeSync(now: SyncStatus, at: number): string {
  const { users } = now;
  const rows = [
    [
      'Unified CM',
      now.version === undefined ? `${now.unifiedCm}, not reached yet` : `${now.unifiedCm}, ${now.version}`,
    ],
    ['This server', `${now.release}${matchWords(now)}`],
    ['State', stateWords(now)],
    ['Compared', now.comparedAt === undefined ? 'never' : ago(at - now.comparedAt)],
    ['Followed', now.followedAt === undefined ? 'never' : ago(at - now.followedAt)],
    ['End users', `${users.total}, of whom ${users.enabled} are enabled`],
    ['Removed', `${users.missing} whose accounts are kept for now`],
    ...(now.throttled === 0 ? [] : [['Too busy', `${now.throttled} times`]]),
    ...(now.error === undefined ? [] : [['Fault', now.error]]),
    ...(users.aside === 0 ? [] : [['Put aside', String(users.aside)]]),
    ...now.aside.map(({ userid, reason }) => [`  ${userid}`, reason]),
  ];
  return table(rows);
}

function matchWords({ match, matchReason = '' }: SyncStatus): string {
  if (match === undefined) return '';
  return match ? ', which matches' : `, which does not match: ${matchReason}`;
}

function stateWords({ phase, done = 0, total }: SyncStatus): string {
  if (phase === 'idle') return phase;
  return total === undefined ? `${phase}: ${done} end users so far` : `${phase}: ${done} of ${total} end users`;
}

function ago(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds < 120) return `${seconds} seconds ago`;
  const minutes = Math.floor(seconds / 60);
  return minutes < 120 ? `${minutes} minutes ago` : `${Math.floor(minutes / 60)} hours ago`;
}
