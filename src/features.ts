/** What this server does, in load order. Deleting a line removes the feature. */
import type { XmppFeature } from '#xmpp/feature.ts';
import { roster } from '#xmpp/features/rfc-6121-roster.ts';
import { subscriptions } from '#xmpp/features/rfc-6121-subscriptions.ts';
import { streamManagement } from '#xmpp/features/xep-0198-stream-management/feature.ts';

export const xmppFeatures: readonly XmppFeature[] = [roster, subscriptions, streamManagement];
