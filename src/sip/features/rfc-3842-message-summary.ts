/**
 * RFC 3842: A Message Summary and Message Waiting Indication Event Package.
 * Tells an account's own clients how many messages wait for it.
 */
import { type Inbox, inboxOf } from '#messaging/inbox.ts';
import { MESSAGE_SUMMARY_TYPE, writeMessageSummary } from '../bodies/message-summary.ts';
import type { EventPackage, NotifyDocument } from '../event-package.ts';
import { sipFeature } from '../feature.ts';
import { uriOf } from '../wire/address.ts';
import { SipError } from '../wire/sip-error.ts';
import type { Subscription } from './rfc-6665-subscribe/subscription.ts';

export const messageSummary = sipFeature({
  spec: 'RFC 3842',
  title: 'Message Summary and Message Waiting Indication',
  version: '',
  status: 'complete',
  note: 'Instant messages that no device has yet, as text messages.',
  setup(sip) {
    sip.eventPackage(new MessageSummaryPackage());
  },
});

interface Watching {
  readonly inbox: Inbox;
  readonly changed: () => void;
  /** What was told last; -1 for nothing. */
  told: number;
}

class MessageSummaryPackage implements EventPackage {
  readonly name = 'message-summary';
  readonly contentTypes = [MESSAGE_SUMMARY_TYPE];
  readonly defaultSeconds = 3600;
  /** §3.9: of what comes and goes at once, such as all that waited, only the end is told. */
  readonly gatherMs = 1000;

  /** @throws {SipError} 403: §4.1 */
  open(subscription: Subscription, _incoming: unknown, isRefresh: boolean): void {
    const { home, watcher, init } = subscription;
    if (init.trust === undefined && watcher !== home.address) throw new SipError(403, 'Not Your Messages');
    if (isRefresh) return;
    const watching: Watching = { inbox: inboxOf.of(home), changed: () => subscription.changed(), told: -1 };
    watching.inbox.watch(watching.changed);
    subscription.data = watching;
  }

  isNews(subscription: Subscription): boolean {
    const { inbox, told } = subscription.data as Watching;
    return inbox.countWaiting() !== told;
  }

  entityTag({ data }: Subscription): string {
    return String((data as Watching).inbox.countWaiting());
  }

  document({ data, home }: Subscription): NotifyDocument {
    const watching = data as Watching;
    const count = watching.inbox.countWaiting();
    watching.told = count;
    return { contentType: MESSAGE_SUMMARY_TYPE, body: summary(count, uriOf(home.address)), entityTag: String(count) };
  }

  lost({ data }: Subscription): void {
    (data as Watching).told = -1;
  }

  close({ data }: Subscription): void {
    const { inbox, changed } = data as Watching;
    inbox.unwatch(changed);
  }
}

/** §5.2: of none of them is it known whether it is old, for whoever has seen one has it. */
function summary(count: number, account: string): string {
  const counts = { 'text-message': { newMessages: count, oldMessages: 0 } };
  return writeMessageSummary({ isWaiting: count > 0, account, counts });
}
