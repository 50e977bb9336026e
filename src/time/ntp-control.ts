/** What the commands of an administrator do with the time, while a server runs and while none does. */
import type { Clock } from '#base/clock.ts';
import type { Settings } from '#base/loaded-settings.ts';
import type { Log } from '#base/log.ts';
import type { NtpStatus } from './ntp-status.ts';
import { type ChangedServers, type ListedServer, ServerList } from './server-list.ts';
import { stoppedStatus, type TimeService } from './time-service.ts';

export interface NtpControl {
  status(): NtpStatus;
  list(): Promise<ListedServer[]>;
  add(servers: readonly string[]): Promise<ChangedServers>;
  delete(servers: readonly string[]): ChangedServers;
}

/** @param service undefined while no server runs */
export function ntpControl(
  node: { settings: Settings; clock: Clock; log: Log },
  service: TimeService | undefined,
): NtpControl {
  const servers = new ServerList({ ...node, instead: () => service?.instead });
  return {
    status: () => service?.status() ?? stoppedStatus(node.clock.now()),
    list: () => servers.list(),
    add: (added) => servers.add(added),
    delete: (gone) => servers.delete(gone),
  };
}
