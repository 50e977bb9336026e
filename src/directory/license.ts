/**
 * What enabled users take of the licences. The presence service has no licence of its own: it is within User Connect
 * Licensing (a user with one device) and Unified Workspace Licensing (with several), and who has no telephony at all
 * has it by Jabber for Everyone, without a fee.
 */
import type { Database } from '#store/database.ts';
import type { Entitlement, LicenseReport } from './object.ts';

/** A device is a user's by either of the two references; one that is by both counts once. */
const USERS_BY_DEVICES = `select coalesce(d.n, 0) as devices, u.has_extension as extension, count(*) as n
  from directory_users u left join (
    select person, count(*) as n from (
      select source as person, target as device from directory_references where field = 'associatedDevices'
      union
      select target as person, source as device from directory_references where field = 'ownerUserName'
    ) owned group by person
  ) d on d.person = u.object
  where u.im_and_presence = 1 group by coalesce(d.n, 0), u.has_extension`;

/** What a user is entitled by. @param devices how many are the user's */
export function entitlementOf(devices: number, hasExtension: boolean): Entitlement {
  if (devices > 1) return 'Unified Workspace Licensing';
  return devices === 1 || hasExtension ? 'User Connect Licensing' : 'Jabber for Everyone';
}

export async function reportLicenses(database: Database): Promise<LicenseReport> {
  const users: Record<Entitlement, number> = {
    'User Connect Licensing': 0,
    'Unified Workspace Licensing': 0,
    'Jabber for Everyone': 0,
  };
  for (const row of await database.read(USERS_BY_DEVICES)) {
    users[entitlementOf(Number(row.devices), row.extension === 1)] += Number(row.n);
  }
  const byEntitlement = Object.entries(users).map(([entitlement, n]) => ({
    entitlement: entitlement as Entitlement,
    users: n,
  }));
  return {
    enabled: byEntitlement.reduce((sum, { users }) => sum + users, 0),
    byEntitlement,
    withoutTelephony: users['Jabber for Everyone'],
  };
}
