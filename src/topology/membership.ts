/** Keeps the certificate of a subscriber from running out. */
import type { Clock } from '#base/clock.ts';
import type { Log } from '#base/log.ts';

export interface MembershipOptions {
  clock: Clock;
  log: Log;
  /** Read each time, so that a changed setting holds at once. */
  settings: { readonly renewDays: number };
  /** When the certificate of now ends, in epoch milliseconds. */
  endsAt(): number;
  /** Has it renewed, and remembers the new one. */
  renew(): Promise<void>;
}

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;

/** Looks each hour, and now. @returns what ends that */
export function keepCertificate({ clock, log, settings, endsAt, renew }: MembershipOptions): () => void {
  let isRenewing = false;
  const look = async () => {
    if (isRenewing || endsAt() - clock.now() > settings.renewDays * DAY_MS) return;
    isRenewing = true;
    try {
      await renew();
      log.info({ endsAt: new Date(endsAt()).toISOString() }, 'the certificate of this node was renewed');
    } catch (err) {
      const reason = (err as Error).message;
      const end = new Date(endsAt()).toISOString();
      log.warn(
        { reason, endsAt: end },
        'the certificate of this node could not be renewed; it is tried again in an hour',
      );
    } finally {
      isRenewing = false;
    }
  };
  void look();
  return clock.every(HOUR_MS, () => void look());
}
