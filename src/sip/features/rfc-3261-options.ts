/**
 * RFC 3261 §11: Querying for Capabilities.
 * Tells what the server takes. What asks for an account is answered by its devices.
 */
import { sipFeature } from '../feature.ts';
import { SipError } from '../wire/sip-error.ts';

export const options = sipFeature({
  spec: 'RFC 3261 §11',
  title: 'Querying for Capabilities',
  version: '',
  status: 'complete',
  setup(sip) {
    const { edge } = sip;
    sip.onMethod({ method: 'OPTIONS', authenticate: 'none' }, (incoming) => {
      if (incoming.uri.user !== '') {
        if (edge.otherwise === undefined) throw new SipError(480);
        return edge.otherwise(incoming);
      }
      // Over UDP anybody may have asked, in the name of anybody: the answer is short, and nothing is remembered.
      incoming.respondStatelessly(200, {
        head: `Allow: ${edge.allow}\r\nAllow-Events: ${edge.acceptedEvents}\r\nSupported: ${edge.supported}\r\n`,
      });
      return undefined;
    });
  },
});
