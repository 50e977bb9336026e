/** An agreement with an LDAP directory: where its people are, and which of their attributes become which fields. Pure. */
import { Failure } from '#base/failure.ts';
import type { DirectoryObject, FieldValue } from '../object.ts';

export interface LdapServer {
  readonly host: string;
  readonly port: number;
  readonly tls: boolean;
}

export interface Agreement {
  readonly uuid: string;
  readonly name: string;
  /** In the order in which they are tried; one to three. */
  readonly servers: readonly LdapServer[];
  /** Who asks. */
  readonly bindDn: string;
  readonly base: string;
  /** '' for everybody whom the kind of directory calls a person. */
  readonly filter: string;
  /** Only members of groups that it matches, also of groups in these; '' for no such limit. */
  readonly groupFilter: string;
  /** LDAP attribute by field, where the agreement names one. */
  readonly attributes: Readonly<Partial<Record<MappedField, string>>>;
  /** Feature group template of new users. */
  readonly template: string | undefined;
  /** Access control groups of new users. */
  readonly groups: readonly string[];
  /** Milliseconds between two runs; undefined where it runs only when somebody says so. */
  readonly everyMs: number | undefined;
}

/** What a user has from LDAP, besides its userid. */
export const mappedFields = [
  'firstName',
  'middleName',
  'lastName',
  'displayName',
  'mailid',
  'directoryUri',
  'telephoneNumber',
  'mobileNumber',
  'homeNumber',
  'pagerNumber',
  'department',
  'title',
  'manager',
] as const;
export type MappedField = 'userid' | (typeof mappedFields)[number];

export type LdapKind = 'Active Directory' | 'OpenLDAP';

const COMMON = {
  firstName: 'givenName',
  middleName: 'initials',
  lastName: 'sn',
  displayName: 'displayName',
  mailid: 'mail',
  telephoneNumber: 'telephoneNumber',
  mobileNumber: 'mobile',
  homeNumber: 'homePhone',
  pagerNumber: 'pager',
  title: 'title',
  manager: 'manager',
} as const;

/** Which attribute a field comes from where the agreement names none. */
export const standardAttributes: Readonly<Record<LdapKind, Readonly<Record<MappedField, string>>>> = {
  'Active Directory': {
    ...COMMON,
    userid: 'sAMAccountName',
    directoryUri: 'msRTCSIP-PrimaryUserAddress',
    department: 'department',
  },
  OpenLDAP: { ...COMMON, userid: 'uid', directoryUri: 'mail', department: 'departmentNumber' },
};

/** Who is a person; in Active Directory without computers and without those who may not sign in there. */
export const personFilters: Readonly<Record<LdapKind, string>> = {
  'Active Directory':
    '(&(objectCategory=person)(objectClass=user)(!(objectClass=computer))(!(userAccountControl:1.2.840.113556.1.4.803:=2)))',
  OpenLDAP: '(objectClass=inetOrgPerson)',
};

/** AXL's names of the fields of an agreement that hold the names of attributes. */
const ATTRIBUTE_FIELDS = {
  userId: 'userid',
  firstName: 'firstName',
  middleName: 'middleName',
  lastName: 'lastName',
  mailId: 'mailid',
  phoneNumber: 'telephoneNumber',
  managerId: 'manager',
  department: 'department',
  directoryUri: 'directoryUri',
} as const;

const LDAP_PORT = 389;
const LDAPS_PORT = 636;
const HOUR_MS = 3_600_000;
const UNITS_MS: Readonly<Record<string, number>> = {
  HOUR: HOUR_MS,
  DAY: 24 * HOUR_MS,
  WEEK: 7 * 24 * HOUR_MS,
  MONTH: 30 * 24 * HOUR_MS,
};

/** @throws {Failure} 'malformed' where it names no server */
export function readAgreement({ uuid, name, fields }: DirectoryObject): Agreement {
  const text = (field: string): string => String(fields[field] ?? '');
  const servers = list(fields.servers).map((server) => {
    const { hostName, ldapPortNumber, sslEnabled } = server as Record<string, FieldValue>;
    const tls = sslEnabled === true;
    return { host: String(hostName), port: Number(ldapPortNumber ?? (tls ? LDAPS_PORT : LDAP_PORT)), tls };
  });
  if (servers.length === 0) throw new Failure('malformed', `the LDAP directory ${name} names no server; add one`);
  const named = Object.entries(ATTRIBUTE_FIELDS).flatMap(([from, to]) => (text(from) === '' ? [] : [[to, text(from)]]));
  const unit = UNITS_MS[text('scheduleUnit')];
  const repeats = fields.repeatable === true && unit !== undefined;
  return {
    uuid,
    name,
    servers,
    bindDn: text('ldapDn'),
    base: text('userSearchBase'),
    filter: text('ldapFilter'),
    groupFilter: text('ldapFilterForGroups'),
    attributes: Object.fromEntries(named),
    template: nameOf(fields.featureGroupTemplate),
    groups: list(fields.accessControlGroupInfo).flatMap((group) => nameOf(group) ?? []),
    everyMs: repeats ? Number(fields.intervalValue ?? 1) * unit : undefined,
  };
}

function list(value: FieldValue | undefined): readonly FieldValue[] {
  return Array.isArray(value) ? (value as readonly FieldValue[]) : [];
}

function nameOf(reference: FieldValue | undefined): string | undefined {
  const name = (reference as { name?: unknown } | null | undefined)?.name;
  return typeof name === 'string' ? name : undefined;
}
