/** What this server does, in load order. Deleting a line removes the feature. */
import type { XmppFeature } from '#xmpp/feature.ts';

export const xmppFeatures: readonly XmppFeature[] = [];
