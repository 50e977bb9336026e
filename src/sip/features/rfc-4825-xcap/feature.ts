/**
 * RFC 4825: XML Configuration Access Protocol (XCAP).
 * Contact list and permissions as documents, on the HTTPS port.
 */
import { integer } from '#base/settings.ts';
import { sipAuthentication } from '../../authentication/settings.ts';
import { sipFeature } from '../../feature.ts';
import { HttpAuthentication } from './http-authentication.ts';
import { xcapHandler } from './server.ts';
import { usages } from './usages.ts';
import { XCAP_ROOT } from './xcap-root.ts';

export const xcap = sipFeature({
  spec: 'RFC 4825',
  title: 'XML Configuration Access Protocol (XCAP)',
  version: '',
  status: 'complete',
  note: 'With RFC 4826, RFC 4827 and RFC 5025: another view of contact list, block list and presence.',
  settings: {
    maxDocumentBytes: integer({
      default: 524_288,
      min: 1024,
      max: 16_777_216,
      unit: 'bytes',
      help: 'The largest document, which has room for 2,000 contacts. Requests are limited by https.maxBodyBytes as well.',
    }),
  },
  setup(sip) {
    const { homes, accounts, throttle, domains, domain, settings, https, authenticator } = sip.edge;
    const { nonces } = authenticator;
    const algorithms = settings.of(sipAuthentication);
    const authentication = new HttpAuthentication({ homes, accounts, throttle, nonces, domains, settings: algorithms });
    const handler = xcapHandler({ usages, authentication, domain, settings: sip.settings });
    sip.onStop(https.handle(XCAP_ROOT, handler));
  },
});
