/** The commands of the command line, and how what is typed finds its command. */
import { readFileSync } from 'node:fs';
import { Command, CommanderError, Option } from 'commander';
import { check } from './check.ts';
import { EXIT, printError } from './cli.ts';
import { presenceExplain } from './presence-explain.ts';
import { presenceOverride } from './presence-override.ts';
import { type ServerModule, useServer } from './server-module.ts';
import { settings } from './settings.ts';
import { start } from './start.ts';
import { status } from './status.ts';
import { userAdd } from './user-add.ts';
import { userDisable } from './user-disable.ts';
import { userEnable } from './user-enable.ts';
import { userList } from './user-list.ts';
import { userPasswd } from './user-passwd.ts';
import { userRemove } from './user-remove.ts';

/** @returns the exit code: 0 when it worked, 1 when not, 2 when what was typed cannot be understood */
export async function run(args: readonly string[], server: () => Promise<ServerModule>): Promise<number> {
  useServer(server);
  const program = new Command('rollcall')
    .description('An instant messaging and presence server for XMPP and SIP.')
    .version(release())
    .configureHelp({ sortSubcommands: false })
    .showHelpAfterError('Add --help to see what can be given.');
  const user = new Command('user').description('who may sign in');
  for (const one of [userAdd, userList, userPasswd, userRemove, userEnable, userDisable])
    user.addCommand(common(one()));
  const presence = new Command('presence').description('what is shown of people, and why');
  for (const one of [presenceExplain, presenceOverride]) presence.addCommand(common(one()));
  for (const one of [start, status, check, settings]) program.addCommand(common(one()));
  for (const group of [user, presence]) program.addCommand(group);
  // Settings of a parent are inherited only by commands that it makes itself.
  for (const one of [program, ...program.commands, ...user.commands, ...presence.commands])
    one.exitOverride().copyInheritedSettings(program);
  try {
    await program.parseAsync([...args], { from: 'user' });
    return Number(process.exitCode ?? EXIT.ok);
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    return printError(error, args.includes('--json'));
  }
}

/** Read here, so that nothing of the server is loaded for it. */
function release(): string {
  return JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')).version;
}

function common(command: Command): Command {
  return command
    .addOption(new Option('--data <folder>', 'the data folder').default('./data').env('ROLLCALL_DATA'))
    .option('--json', 'print JSON');
}
