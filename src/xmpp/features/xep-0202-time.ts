/**
 * XEP-0202: Entity Time, version 2.0.
 * Tells what time it is where the server is.
 */

import { writeDateTime } from '#xml/date-time.ts';
import { element } from '#xml/element.ts';
import { xmppFeature } from '../feature.ts';

const NS = 'urn:xmpp:time';

export const entityTime = xmppFeature({
  spec: 'XEP-0202',
  title: 'Entity Time',
  version: '2.0',
  status: 'complete',
  discoServer: [NS],
  setup(xmpp) {
    xmpp.onIqGet({ ns: NS, name: 'time', at: 'server' }, () => {
      const now = xmpp.edge.clock.now();
      const tzo = element('tzo', NS, {}, zone(-new Date(now).getTimezoneOffset()));
      return element('time', NS, {}, tzo, element('utc', NS, {}, writeDateTime(now)));
    });
  },
});

/** @param minutes east of Greenwich @returns 'Z' or as in '-06:00' (XEP-0082 §3.1) */
export function zone(minutes: number): string {
  if (minutes === 0) return 'Z';
  const two = (n: number) => String(Math.trunc(n)).padStart(2, '0');
  const distance = Math.abs(minutes);
  return `${minutes < 0 ? '-' : '+'}${two(distance / 60)}:${two(distance % 60)}`;
}
