/** The commands of the command line, and how what is typed finds its command. */
import { readFileSync } from 'node:fs';
import { Command, CommanderError, Option } from 'commander';
import { appUserCommands } from './app-user.ts';
import { auditList } from './audit-list.ts';
import { auditVerify } from './audit-verify.ts';
import { bulkCommands } from './bulk.ts';
import { check } from './check.ts';
import { EXIT, printError } from './cli.ts';
import { command } from './command.ts';
import { templateCommands } from './feature-group-template.ts';
import { install } from './install.ts';
import { ldapCommands } from './ldap.ts';
import { licenseReport } from './license-report.ts';
import { presenceExplain } from './presence-explain.ts';
import { presenceOverride } from './presence-override.ts';
import { prompt } from './prompt/command.ts';
import { roleAssign } from './role-assign.ts';
import { roleList } from './role-list.ts';
import { roleWithdraw } from './role-withdraw.ts';
import { type ServerModule, useServer } from './server-module.ts';
import { settings } from './settings.ts';
import { setupCommands } from './setup.ts';
import { start } from './start.ts';
import { status } from './status.ts';
import { syncRun } from './sync-run.ts';
import { syncStatus } from './sync-status.ts';
import { tokenCreate } from './token-create.ts';
import { tokenList } from './token-list.ts';
import { tokenRevoke } from './token-revoke.ts';
import { topologyCommands } from './topology.ts';
import { userAdd } from './user-add.ts';
import { userDisable } from './user-disable.ts';
import { userEnable } from './user-enable.ts';
import { userList } from './user-list.ts';
import { userPasswd } from './user-passwd.ts';
import { userRemove } from './user-remove.ts';
import { wordGroup } from './words/group.ts';
import { words } from './words/words.ts';

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
  const appUser = new Command('app-user').description('programs that sign in to the embedded Unified CM');
  for (const one of appUserCommands) appUser.addCommand(common(one()));
  const template = new Command('feature-group-template').description('what users get who are added by it');
  for (const one of templateCommands) template.addCommand(common(one()));
  const license = new Command('license').description('what entitles the users');
  license.addCommand(common(licenseReport()));
  const ldap = new Command('ldap').description('LDAP directories that end users come from');
  for (const one of ldapCommands) ldap.addCommand(common(one()));
  const presence = new Command('presence').description('what is shown of people, and why');
  for (const one of [presenceExplain, presenceOverride]) presence.addCommand(common(one()));
  const sync = new Command('sync').description('how Unified CM is followed');
  for (const one of [syncStatus, syncRun]) sync.addCommand(common(one()));
  const topology = new Command('topology').description('the nodes of the cluster');
  for (const one of topologyCommands) topology.addCommand(common(one()));
  const setup = new Command('setup').description('what follows an installation');
  for (const one of setupCommands) setup.addCommand(common(one()));
  const role = new Command('role').description('who administers what');
  for (const one of [roleList, roleAssign, roleWithdraw]) role.addCommand(common(one()));
  const token = new Command('token').description('what programs sign in with');
  for (const one of [tokenCreate, tokenList, tokenRevoke]) token.addCommand(common(one()));
  const audit = new Command('audit').description('what was done with commands');
  for (const one of [auditList, auditVerify]) audit.addCommand(common(one()));
  const bulk = new Command('bulk').description('many people at once, from files and to files');
  for (const one of bulkCommands) bulk.addCommand(common(one()));
  for (const one of [install, start, status, check, settings, command]) program.addCommand(common(one()));
  for (const group of [
    user,
    appUser,
    template,
    license,
    ldap,
    role,
    token,
    audit,
    presence,
    bulk,
    sync,
    topology,
    setup,
  ])
    program.addCommand(group);
  for (const group of words.groups) program.addCommand(common(wordGroup(group)));
  program.addCommand(common(prompt(program)));
  // Settings of a parent are inherited only by commands that it makes itself.
  inherit(program, program);
  try {
    await program.parseAsync([...args], { from: 'user' });
    return Number(process.exitCode ?? EXIT.ok);
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    return printError(error, args.includes('--json'));
  }
}

function inherit(command: Command, from: Command): void {
  command.exitOverride().copyInheritedSettings(from);
  for (const one of command.commands) inherit(one, from);
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
