import type { Home } from '#accounts/home.ts';

/** How somebody is there: 'active' is online and at it, 'idle' online and away, not available, or idle. */
export type Standing = 'online' | 'active' | 'idle';

export function standsAs(home: Home | undefined, standing: Standing): boolean {
  if (home === undefined || home.devices.size === 0) return false;
  return standing === 'online' || isActive(home) === (standing === 'active');
}

function isActive(home: Home): boolean {
  for (const { publication } of home.devices.values()) {
    if (publication === undefined || publication.idleSince !== undefined) continue;
    if (publication.availability !== 'away' && publication.availability !== 'extended-away') return true;
  }
  return false;
}
