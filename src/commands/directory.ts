/** Administration of the embedded Unified CM beside its end users: application users, templates, licences. */
import { z } from 'zod';
import { Failure } from '#base/failure.ts';
import type { Directory } from '#directory/directory.ts';
import type { DirectoryObject, Fields, FieldValue } from '#directory/object.ts';
import { STANDARD_PRESENCE_GROUP } from '#directory/presets.ts';
import { type CommandContext, command } from './command.ts';

const MAX_PASSWORD = 128;
/** Roles or references of one object. */
const MAX_ROLES = 20;

const appUserName = z.string().min(1).max(50).describe('the application user, as in axl-client');
const password = z.string().min(1, 'the password is empty').max(MAX_PASSWORD).meta({ secret: true });
const appUserRole = z.string().min(1).max(100).describe('a role of Unified CM, as in Standard AXL API Access');
const appUser = z.object({
  name: z.string(),
  groups: z.array(z.string()).describe('access control groups'),
});

export type ShownAppUser = z.infer<typeof appUser>;

export const appUserAdd = command({
  name: 'app-user.add',
  help: 'Adds an application user to the embedded Unified CM: a program that signs in to its AXL interface.',
  role: 'administrator',
  changes: true,
  input: z.strictObject({ name: appUserName, password, roles: z.array(appUserRole).max(MAX_ROLES).default([]) }),
  output: appUser,
  subject: ({ name }) => name,
  async run(context, { name, password, roles }): Promise<ShownAppUser> {
    const directory = directoryOf(context);
    const groups: string[] = [];
    for (const role of roles) groups.push(await groupWithRole(directory, role));
    await directory.add('AppUser', {
      userid: name,
      password,
      presenceGroupName: STANDARD_PRESENCE_GROUP,
      associatedGroups: [...new Set(groups)],
    });
    return shownAppUser((await directory.get('AppUser', { name }))!);
  },
});

export const appUserList = command({
  name: 'app-user.list',
  help: 'Lists the application users of the embedded Unified CM.',
  role: 'operator',
  changes: false,
  input: z.strictObject({}),
  output: z.array(appUser),
  run: async (context) => (await directoryOf(context).list('AppUser', { userid: '%' })).map(shownAppUser),
});

export const appUserPasswd = command({
  name: 'app-user.passwd',
  help: 'Sets the password of an application user of the embedded Unified CM.',
  role: 'administrator',
  changes: true,
  input: z.strictObject({ name: appUserName, password }),
  output: z.object({ name: z.string() }),
  subject: ({ name }) => name,
  async run(context, { name, password }) {
    await directoryOf(context).update('AppUser', { name }, { password });
    return { name };
  },
});

export const appUserRemove = command({
  name: 'app-user.remove',
  help: 'Removes an application user of the embedded Unified CM.',
  role: 'administrator',
  changes: true,
  input: z.strictObject({ name: appUserName }),
  output: z.object({ name: z.string() }),
  subject: ({ name }) => name,
  async run(context, { name }) {
    await directoryOf(context).remove('AppUser', { name });
    return { name };
  },
});

const licenses = z.object({
  enabled: z.number().describe('users that are enabled for IM and Presence'),
  byEntitlement: z.array(z.object({ entitlement: z.string(), users: z.number() })),
  withoutTelephony: z.number().describe('enabled users without a device or an extension'),
});

export type Licenses = z.infer<typeof licenses>;

export const licenseReport = command({
  name: 'license.report',
  help: 'How many users are enabled for IM and Presence, by what entitles them. The service itself needs no licence.',
  role: 'monitor',
  changes: false,
  input: z.strictObject({}),
  output: licenses,
  async run(context): Promise<Licenses> {
    const { enabled, byEntitlement, withoutTelephony } = await directoryOf(context).licenseReport();
    return { enabled, byEntitlement: [...byEntitlement], withoutTelephony };
  },
});

const templateName = z.string().min(1).max(64).describe('the feature group template');
const template = z.object({
  name: z.string(),
  description: z.string(),
  homeCluster: z.boolean(),
  imAndPresence: z.boolean(),
  meetingInformation: z.boolean(),
  serviceProfile: z.string().describe("'' for the default"),
  presenceGroup: z.string(),
});

export type ShownTemplate = z.infer<typeof template>;

export const featureGroupTemplateAdd = command({
  name: 'feature-group-template.add',
  help: 'Adds a feature group template: what users get who are added by it.',
  role: 'administrator',
  changes: true,
  input: z.strictObject({
    name: templateName,
    description: z.string().max(255).default(''),
    homeCluster: z.boolean().default(true),
    imAndPresence: z.boolean().default(true),
    meetingInformation: z.boolean().default(false).describe('calendar presence'),
    serviceProfile: z.string().max(100).default('').describe('left out: the default one'),
    presenceGroup: z.string().min(1).max(50).default(STANDARD_PRESENCE_GROUP),
    maxDeskPickupWait: z.int().min(0).max(30_000).default(10_000).describe('milliseconds'),
    remoteDestinationLimit: z.int().min(1).max(10).default(4),
  }),
  output: template,
  subject: ({ name }) => name,
  async run(context, { name, imAndPresence, presenceGroup, ...fields }): Promise<ShownTemplate> {
    const directory = directoryOf(context);
    await directory.add('FeatureGroupTemplate', {
      name,
      ...fields,
      imAndUcPresenceEnable: imAndPresence,
      BLFPresenceGp: presenceGroup,
    });
    return shownTemplate((await directory.get('FeatureGroupTemplate', { name }))!);
  },
});

export const featureGroupTemplateList = command({
  name: 'feature-group-template.list',
  help: 'Lists the feature group templates.',
  role: 'monitor',
  changes: false,
  input: z.strictObject({}),
  output: z.array(template),
  run: async (context) => (await directoryOf(context).list('FeatureGroupTemplate', { name: '%' })).map(shownTemplate),
});

export const featureGroupTemplateRemove = command({
  name: 'feature-group-template.remove',
  help: 'Removes a feature group template; users keep what they got by it.',
  role: 'administrator',
  changes: true,
  input: z.strictObject({ name: templateName }),
  output: z.object({ name: z.string() }),
  subject: ({ name }) => name,
  async run(context, { name }) {
    await directoryOf(context).remove('FeatureGroupTemplate', { name });
    return { name };
  },
});

/** @throws {Failure} 'unavailable' */
function directoryOf({ directory }: CommandContext): Directory {
  if (directory !== undefined) return directory;
  throw new Failure('unavailable', 'this node has no Unified CM of its own: do this in the Unified CM it belongs to');
}

/**
 * Rights come from groups, and no group that is there from the beginning has just one of them: so there is one of the
 * role's name, made when it is first needed.
 * @throws {Failure} 'not-found' where there is no such role
 */
async function groupWithRole(directory: Directory, role: string): Promise<string> {
  const known = await directory.get('UserRole', { name: role });
  if (known === undefined) {
    const all = await directory.list('UserRole', { name: '%' });
    throw new Failure('not-found', `there is no role ${role}; there are: ${all.map(({ name }) => name).join(', ')}`);
  }
  const group = await directory.get('UserGroup', { name: known.name });
  const roles = namesIn(group?.fields.userRoles);
  if (group === undefined) await directory.add('UserGroup', { name: known.name, userRoles: [{ uuid: known.uuid }] });
  else if (roles.length !== 1 || roles[0] !== known.name) {
    throw new Failure(
      'conflict',
      `the access control group ${group.name} has other roles: ${roles.join(', ') || 'none'}`,
    );
  }
  return known.name;
}

function shownAppUser({ name, fields }: DirectoryObject): ShownAppUser {
  return { name, groups: namesIn(fields.associatedGroups) };
}

function shownTemplate({ name, fields }: DirectoryObject): ShownTemplate {
  const flag = (field: string) => fields[field] === true;
  return {
    name,
    description: String(fields.description ?? ''),
    homeCluster: flag('homeCluster'),
    imAndPresence: flag('imAndUcPresenceEnable'),
    meetingInformation: flag('meetingInformation'),
    serviceProfile: nameIn(fields.serviceProfile),
    presenceGroup: nameIn(fields.BLFPresenceGp),
  };
}

const nameIn = (reference: Fields[string]): string => String((reference as { name?: string } | undefined)?.name ?? '');
const namesIn = (references: Fields[string]): string[] =>
  ((references ?? []) as readonly FieldValue[]).map((reference) => nameIn(reference));
