/** LDAP directories that end users come from. */
import { z } from 'zod';
import { Failure } from '#base/failure.ts';
import { mappedFields } from '#directory/ldap/agreement.ts';
import type { LdapRun, LdapSync } from '#directory/ldap/ldap-sync.ts';
import { type CommandContext, command } from './command.ts';

const MOST_SHOWN_ASIDE = 100;

const name = z.string().min(1).max(128).describe('what the LDAP directory is called here');
const instant = z.number().describe('epoch milliseconds');
const run = z.object({
  extent: z.enum(['whole', 'part']),
  dryRun: z.boolean(),
  phase: z.enum(['reading', 'changing', 'done', 'failed', 'cancelled']),
  startedAt: instant,
  finishedAt: instant.optional(),
  read: z.number(),
  changes: z.number(),
  changed: z.number(),
  added: z.number(),
  updated: z.number(),
  deactivated: z.number().describe('not in LDAP any more; they may not sign in, and nothing of them is deleted'),
  aside: z.number(),
  error: z.string().optional(),
  asideFirst: z.array(z.object({ who: z.string(), reason: z.string() })).describe('the first hundred'),
});
const agreement = z.object({
  name: z.string(),
  servers: z.array(z.string()),
  base: z.string(),
  filter: z.string(),
  groupFilter: z.string(),
  run: run.optional().describe('the last one since the start, or the one that is under way'),
});

export type LdapAgreement = z.infer<typeof agreement>;

export const ldapList = command({
  name: 'ldap.list',
  help: 'LDAP directories that end users come from, and how their last synchronisation went.',
  role: 'monitor',
  changes: false,
  input: z.strictObject({}),
  output: z.array(agreement),
  async run(context) {
    const { ldap, directory } = required(context);
    const objects = await directory.list('LdapDirectory', {});
    return objects.map(({ name: called, fields }): LdapAgreement => {
      const last = ldap.runs().find((one) => one.agreement === called);
      const servers = (fields.servers ?? []) as unknown as readonly { hostName: string; ldapPortNumber?: number }[];
      return {
        name: called,
        servers: servers.map(({ hostName, ldapPortNumber }) => `${hostName}:${ldapPortNumber ?? 'standard port'}`),
        base: String(fields.userSearchBase ?? ''),
        filter: String(fields.ldapFilter ?? ''),
        groupFilter: String(fields.ldapFilterForGroups ?? ''),
        ...(last !== undefined && { run: shown(last) }),
      };
    });
  },
});

const server = z.strictObject({
  host: z.string().min(1).max(255),
  port: z.number().int().min(1).max(65_535).optional().describe('389, or 636 with TLS'),
  tls: z.boolean().default(true),
});

export const ldapAdd = command({
  name: 'ldap.add',
  help: 'Adds an LDAP directory; its users come with the next synchronisation.',
  role: 'administrator',
  changes: true,
  input: z.strictObject({
    name,
    servers: z.array(server).min(1).max(3).describe('in the order in which they are tried'),
    bindDn: z.string().min(1).max(255).describe('who asks'),
    password: z.string().min(1).max(128).meta({ secret: true }),
    base: z.string().min(1).max(255).describe('where people are looked for'),
    filter: z.string().max(1024).default('').describe('RFC 4515; empty for all people'),
    groupFilter: z.string().max(1024).default('').describe('only members of groups that it matches'),
    attributes: z
      .partialRecord(z.enum(['userid', ...mappedFields]), z.string().min(1).max(128))
      .default({})
      .describe('LDAP attribute by field, where it is another one than usual'),
    template: z.string().max(128).optional().describe('feature group template of new users'),
    everyHours: z.number().int().min(1).max(1000).optional().describe('left out: only when somebody says so'),
  }),
  output: z.object({ name: z.string() }),
  async run(context, { name: called, servers, bindDn, password, base, filter, groupFilter, attributes, ...more }) {
    const { directory } = required(context);
    const { userid, mailid, telephoneNumber, manager, firstName, middleName, lastName, department, directoryUri } =
      attributes;
    await directory.add('LdapDirectory', {
      name: called,
      ldapDn: bindDn,
      ldapPassword: password,
      userSearchBase: base,
      ldapFilter: filter,
      ldapFilterForGroups: groupFilter,
      servers: servers.map(({ host, port, tls }) => ({
        hostName: host,
        sslEnabled: tls,
        ldapPortNumber: port ?? (tls ? 636 : 389),
      })),
      userId: userid,
      mailId: mailid,
      phoneNumber: telephoneNumber,
      managerId: manager,
      firstName,
      middleName,
      lastName,
      department,
      directoryUri,
      featureGroupTemplate: more.template,
      ...(more.everyHours !== undefined && {
        repeatable: true,
        scheduleUnit: 'HOUR',
        intervalValue: more.everyHours,
      }),
    });
    return { name: called };
  },
});

export const ldapRemove = command({
  name: 'ldap.remove',
  help: 'Forgets an LDAP directory; its users stay, and are kept here from then on.',
  role: 'administrator',
  changes: true,
  input: z.strictObject({ name }),
  output: z.object({ name: z.string() }),
  async run(context, { name: called }) {
    const { directory } = required(context);
    await directory.remove('LdapDirectory', { name: called });
    return { name: called };
  },
});

export const ldapSync = command({
  name: 'ldap.sync',
  help: 'Reads an LDAP directory and changes the users accordingly; nobody is deleted.',
  role: 'operator',
  changes: true,
  input: z.strictObject({
    name,
    dryRun: z.boolean().default(false).describe('changes nothing, and tells what would be'),
    force: z.boolean().default(false).describe('also where far fewer are there than before'),
    part: z.boolean().default(false).describe('only who was changed since the last one'),
  }),
  output: run,
  async run(context, { name: called, ...options }) {
    const { ldap, uuid } = await existing(context, called);
    return shown(await ldap.run(uuid, options));
  },
});

export const ldapCancel = command({
  name: 'ldap.cancel',
  help: 'Ends a synchronisation that is under way, between two users.',
  role: 'operator',
  changes: true,
  input: z.strictObject({ name }),
  output: z.object({ name: z.string() }),
  async run(context, { name: called }) {
    const { ldap, uuid } = await existing(context, called);
    await ldap.cancel(uuid);
    return { name: called };
  },
});

function shown({ aside, error, finishedAt, agreement: _, ...rest }: LdapRun): z.infer<typeof run> {
  return {
    ...rest,
    ...(finishedAt !== undefined && { finishedAt }),
    ...(error !== undefined && { error }),
    aside: aside.length,
    asideFirst: aside.slice(0, MOST_SHOWN_ASIDE),
  };
}

/** @throws {Failure} 'not-found' */
async function existing(context: CommandContext, called: string): Promise<{ ldap: LdapSync; uuid: string }> {
  const { ldap, directory } = required(context);
  const found = await directory.get('LdapDirectory', { name: called });
  if (found === undefined) throw new Failure('not-found', `there is no LDAP directory ${called}; see "ldap list"`);
  return { ldap, uuid: found.uuid };
}

function required({ ldap, directory }: CommandContext): {
  ldap: LdapSync;
  directory: NonNullable<CommandContext['directory']>;
} {
  if (ldap !== undefined && directory !== undefined) return { ldap, directory };
  throw new Failure('unavailable', 'users are read from LDAP by a running server with its embedded Unified CM alone');
}
