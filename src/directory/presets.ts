/** What every Unified CM has from the beginning. */
import type { Fields, KindName } from './object.ts';

export const STANDARD_PRESENCE_GROUP = 'Standard Presence group';
export const ENTERPRISE_WIDE_DATA = 'EnterpriseWideData';
/** The group that the first presence node is put into by itself. */
export const FIRST_SUBCLUSTER = 'DefaultCUPSubcluster';
export const DEFAULT_SERVICE_PROFILE = 'Default Service Profile';
export const AXL_ROLE = 'Standard AXL API Access';
export const AXL_READ_ONLY_ROLE = 'Standard AXL Read Only API Access';
const ADMIN_ROLE = 'Standard CCM Admin Users';
const END_USER_ROLE = 'Standard CCM End Users';
const CTI_ROLE = 'Standard CTI Enabled';

/** Objects that are neither removed nor renamed, in an order in which each finds what it refers to. */
export const presets: readonly (readonly [KindName, Fields & { readonly name: string }])[] = [
  ['UserRole', { name: AXL_ROLE }],
  ['UserRole', { name: AXL_READ_ONLY_ROLE }],
  ['UserRole', { name: ADMIN_ROLE }],
  ['UserRole', { name: END_USER_ROLE }],
  ['UserRole', { name: CTI_ROLE }],
  ['UserGroup', { name: 'Standard CCM End Users', userRoles: [END_USER_ROLE] }],
  ['UserGroup', { name: 'Standard CTI Enabled', userRoles: [CTI_ROLE] }],
  ['UserGroup', { name: 'Standard CCM Super Users', userRoles: [ADMIN_ROLE, AXL_ROLE] }],
  ['PresenceGroup', { name: STANDARD_PRESENCE_GROUP }],
  ['ProcessNode', { name: ENTERPRISE_WIDE_DATA, nodeUsage: 'Publisher' }],
];

/** @param nameKey folded */
export function isPreset(kind: KindName, nameKey: string): boolean {
  return presets.some(([of, { name }]) => of === kind && name.toLowerCase() === nameKey);
}
