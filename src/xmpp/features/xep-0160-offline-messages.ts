/**
 * XEP-0160: Best Practices for Handling Offline Messages, version 1.0.1.
 * Says that messages wait for those who are not there; messaging/waiting.ts gives them out, whatever edge asks.
 */
import { xmppFeature } from '../feature.ts';

export const offlineMessages = xmppFeature({
  spec: 'XEP-0160',
  title: 'Best Practices for Handling Offline Messages',
  version: '1.0.1',
  status: 'complete',
  note: 'The queue is the end of the archive: what was acknowledged waits, in order, also through a crash.',
  disco: ['msgoffline'],
  setup() {},
});
