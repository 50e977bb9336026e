/** What the directory holds, as its callers see it. */

/** pkid: lower case, without braces: 8-4-4-4-12. */
export type Uuid = string;

/** The stems of AXL's operations: `User` as in `addUser`. */
export const kindNames = [
  'User',
  'AppUser',
  'UserGroup',
  'UserRole',
  'FeatureGroupTemplate',
  'ServiceProfile',
  'UcService',
  'ProcessNode',
  'ApplicationServer',
  'PresenceGroup',
  'PresenceRedundancyGroup',
  'Phone',
  'Line',
  'LdapDirectory',
  'UserProfileProvision',
  'ServiceParameter',
] as const;
export type KindName = (typeof kindNames)[number];

export interface Reference {
  readonly uuid: Uuid;
  readonly name: string;
}

/**
 * On input a reference is the name as a string, or `{ uuid }`, or `{ name }`; on output it is a `Reference`. Booleans and
 * integers are what they are, never texts.
 */
export type FieldValue =
  | string
  | number
  | boolean
  | null
  | { readonly [name: string]: FieldValue }
  | readonly FieldValue[];
export type Fields = Readonly<Record<string, FieldValue | undefined>>;

export interface DirectoryObject {
  readonly kind: KindName;
  readonly uuid: Uuid;
  /** Value of the key field: userid, name, pattern. */
  readonly name: string;
  readonly fields: Fields;
}

/**
 * `within` completes a name that is unique only inside something: `{ routePartitionName }` of a line,
 * `{ processNodeName, service }` of a service parameter. Without it the only one of that name is meant.
 */
export type Key =
  | { readonly uuid: Uuid }
  | { readonly name: string; readonly within?: Readonly<Record<string, string>> };

/** SQL LIKE by field, % and _, case-blind, ANDed. */
export interface Criteria {
  readonly [field: string]: string;
}

/** Ordered by key, case-blind. */
export interface Page {
  readonly skip?: number;
  readonly first?: number;
}

export interface Change {
  readonly id: number;
  /** Added, updated, removed. */
  readonly action: 'a' | 'u' | 'r';
  readonly kind: KindName | 'AssignedPresenceUsers';
  readonly uuid: Uuid;
  /** New values, as text. Of a secret, '': it has changed, and is not told. */
  readonly changedTags: Readonly<Record<string, string>>;
  /** Whether the tags do not tell all: read the object. */
  readonly doGet: boolean;
}

export interface ChangeList {
  readonly queueId: string;
  readonly firstChangeId: number;
  readonly lastChangeId: number;
  readonly nextStartChangeId: number;
  readonly changes: readonly Change[];
  /** The given queueId or id is not known any more: read everything anew. */
  readonly reset: boolean;
}

export interface PresenceUser {
  readonly uuid: Uuid;
  readonly userid: string;
  readonly server?: Reference;
  readonly group?: Reference;
}

export type Entitlement = 'User Connect Licensing' | 'Unified Workspace Licensing' | 'Jabber for Everyone';

export interface LicenseReport {
  /** Users that are enabled for IM and Presence. */
  readonly enabled: number;
  readonly byEntitlement: readonly { readonly entitlement: Entitlement; readonly users: number }[];
  /** Enabled users who have neither a device nor an extension. */
  readonly withoutTelephony: number;
}
