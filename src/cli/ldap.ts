import { Command, InvalidArgumentError } from 'commander';
import {
  ldapAdd as add,
  ldapCancel as cancel,
  type LdapAgreement,
  ldapList as list,
  ldapRemove as remove,
  ldapSync as sync,
} from '#commands/ldap.ts';
import { type CommonOptions, print, table } from './cli.ts';
import { readPassword } from './password.ts';
import { runCommand } from './run-command.ts';

type Run = NonNullable<LdapAgreement['run']>;

interface AddOptions extends CommonOptions {
  server: { host: string; port?: number; tls: boolean }[];
  bindDn: string;
  base: string;
  filter: string;
  groupFilter: string;
  attribute: Record<string, string>;
  template?: string;
  everyHours?: string;
  passwordStdin?: boolean;
}

function ldapAdd(): Command {
  return new Command('add')
    .description('add an LDAP directory; asks for the password to bind with')
    .argument('<name>', 'what it is called here')
    .requiredOption(
      '--server <url>',
      'ldaps://HOST or ldap://HOST:PORT; up to three, in the order of trying',
      server,
      [],
    )
    .requiredOption('--bind-dn <dn>', 'who asks')
    .requiredOption('--base <dn>', 'where people are looked for')
    .option('--filter <filter>', 'who of them (RFC 4515)', '')
    .option('--group-filter <filter>', 'only members of the groups that it matches', '')
    .option(
      '--attribute <field=name>',
      'an LDAP attribute other than usual, as userid=mail; may be given again',
      pair,
      {},
    )
    .option('--template <name>', 'feature group template of new users')
    .option('--every-hours <n>', 'how often; left out: only when asked to')
    .option('--password-stdin', 'the first line of the standard input is the password')
    .action(async (name: string, options: AddOptions) => {
      const { server: servers, bindDn, base, filter, groupFilter, attribute: attributes, template } = options;
      const password = await readPassword(options.passwordStdin);
      const more = {
        ...(template && { template }),
        ...(options.everyHours && { everyHours: Number(options.everyHours) }),
      };
      const input = { name, servers, bindDn, password, base, filter, groupFilter, attributes, ...more };
      const made = await runCommand(options.data, add, input);
      print(options, made, () => `Added. See who would come: rollcall ldap sync ${made.name} --dry-run`);
    });
}

function ldapList(): Command {
  return new Command('list')
    .description('LDAP directories, and how their last synchronisation went')
    .action(async (options: CommonOptions) => {
      const all = await runCommand(options.data, list, {});
      print(options, all, () => {
        if (all.length === 0) return 'No user comes from LDAP.';
        return table(
          all.map(({ name, servers, base, run }) => [name, servers.join(', '), base, run ? inWords(run) : '']),
        );
      });
    });
}

function ldapSync(): Command {
  return new Command('sync')
    .description('read an LDAP directory and change the users accordingly; nobody is deleted')
    .argument('<name>', 'of the LDAP directory')
    .option('--dry-run', 'change nothing, and tell what would be')
    .option('--part', 'only who was changed since the last one')
    .option('--force', 'also where far fewer are there than before')
    .action(async (name: string, options: CommonOptions & { dryRun?: true; part?: true; force?: true }) => {
      const { dryRun = false, part = false, force = false } = options;
      const run = await runCommand(options.data, sync, { name, dryRun, part, force });
      print(options, run, () =>
        [inWords(run), ...run.asideFirst.map(({ who, reason }) => `  ${who}: ${reason}`)].join('\n'),
      );
    });
}

function ldapCancel(): Command {
  return new Command('cancel')
    .description('end a synchronisation that is under way')
    .argument('<name>', 'of the LDAP directory')
    .action(async (name: string, options: CommonOptions) => {
      const done = await runCommand(options.data, cancel, { name });
      print(options, done, () => 'It ends with the user that is being changed.');
    });
}

function ldapRemove(): Command {
  return new Command('remove')
    .description('forget an LDAP directory; its users stay and are kept here')
    .argument('<name>', 'of the LDAP directory')
    .action(async (name: string, options: CommonOptions) => {
      const done = await runCommand(options.data, remove, { name });
      print(options, done, () => `${done.name} is forgotten; its users are kept here now.`);
    });
}

export const ldapCommands = [ldapAdd, ldapList, ldapSync, ldapCancel, ldapRemove];

function inWords({ phase, dryRun, read, changed, changes, added, updated, deactivated, aside, error }: Run): string {
  if (phase === 'failed') return `failed, and changed nothing: ${error}`;
  if (phase === 'reading') return `reading, ${read} so far`;
  if (phase === 'changing') return `${changed} of ${changes} changes made`;
  const counts = `${added} added, ${updated} updated, ${deactivated} deactivated, ${aside} put aside`;
  if (phase === 'cancelled') return `cancelled: ${counts}`;
  return dryRun ? `would be ${counts}` : counts;
}

function server(url: string, before: AddOptions['server']): AddOptions['server'] {
  const match = /^(ldaps?):\/\/(\[[^\]]+\]|[^:/\s]+)(?::(\d{1,5}))?\/?$/.exec(url);
  if (match === null) throw new InvalidArgumentError('Write ldaps://HOST, or ldap://HOST:PORT.');
  const [, scheme, host, port] = match as unknown as [string, string, string, string | undefined];
  return [
    ...before,
    { host: host.replace(/^\[|\]$/g, ''), tls: scheme === 'ldaps', ...(port && { port: Number(port) }) },
  ];
}

function pair(text: string, before: Record<string, string>): Record<string, string> {
  const at = text.indexOf('=');
  if (at < 1 || at === text.length - 1) throw new InvalidArgumentError('Write FIELD=ATTRIBUTE.');
  return { ...before, [text.slice(0, at)]: text.slice(at + 1) };
}
