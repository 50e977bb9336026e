/** What this server does, in load order. Deleting a line removes the feature. */
import type { XmppFeature } from '#xmpp/feature.ts';
import { sessionEstablishment } from '#xmpp/features/rfc-3921-session.ts';
import { roster } from '#xmpp/features/rfc-6121-roster.ts';
import { subscriptions } from '#xmpp/features/rfc-6121-subscriptions.ts';
import { lastActivity } from '#xmpp/features/xep-0012-last-activity.ts';
import { disco } from '#xmpp/features/xep-0030-disco.ts';
import { registration } from '#xmpp/features/xep-0077-registration/feature.ts';
import { softwareVersion } from '#xmpp/features/xep-0092-version.ts';
import { caps } from '#xmpp/features/xep-0115-caps.ts';
import { contactAddresses } from '#xmpp/features/xep-0157-contact-addresses.ts';
import { streamManagement } from '#xmpp/features/xep-0198-stream-management/feature.ts';
import { ping } from '#xmpp/features/xep-0199-ping.ts';
import { entityTime } from '#xmpp/features/xep-0202-time.ts';
import { delayedDelivery } from '#xmpp/features/xep-0203-delay.ts';
import { streamLimits } from '#xmpp/features/xep-0478-stream-limits.ts';

export const xmppFeatures: readonly XmppFeature[] = [
  sessionEstablishment,
  lastActivity,
  disco,
  registration,
  softwareVersion,
  caps,
  contactAddresses,
  ping,
  entityTime,
  delayedDelivery,
  streamLimits,
  roster,
  subscriptions,
  streamManagement,
];
