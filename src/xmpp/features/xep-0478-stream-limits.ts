/**
 * XEP-0478: Stream Limits Advertisement, version 0.2.0.
 * Tells clients how large a stanza may be, and how long they may be silent.
 */

import { featureSettings } from '#base/feature.ts';
import { element } from '#xml/element.ts';
import { xmppFeature } from '../feature.ts';
import { ping } from './xep-0199-ping.ts';

const NS = 'urn:xmpp:stream-limits:0';

export const streamLimits = xmppFeature({
  spec: 'XEP-0478',
  title: 'Stream Limits Advertisement',
  version: '0.2.0',
  status: 'complete',
  setup(xmpp) {
    const { edge } = xmpp;
    const limits = (maxBytes: number, idleSeconds?: number) =>
      element(
        'limits',
        NS,
        {},
        element('max-bytes', NS, {}, `${maxBytes}`),
        idleSeconds === undefined ? undefined : element('idle-seconds', NS, {}, `${idleSeconds}`),
      );
    // Before sign-in the time is limited as a whole, silent or not.
    xmpp.streamFeature('before-sign-in', () => limits(edge.limits.maxStanzaBytesBeforeSignIn));
    xmpp.streamFeature('after-sign-in', () => limits(edge.limits.maxStanzaBytes, idleSeconds()));

    /** After that time a silent client is asked whether it is there, by whoever does so (XEP-0199). */
    function idleSeconds(): number | undefined {
      if (!edge.features.running().includes(ping)) return undefined;
      return (edge.settings.of(featureSettings('xmpp', ping)) as { idleSeconds: number }).idleSeconds;
    }
  },
});
