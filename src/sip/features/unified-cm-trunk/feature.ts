/**
 * The trunk of a Unified CM: line states that it publishes (RFC 3903) for the people whose phones it has, and what its
 * phones watch. Its own nodes are believed by their address or certificate; digest is not used between the two.
 */
import { featureSettings } from '#base/feature.ts';
import { flag, list, text } from '#base/settings.ts';
import { type SipFeatureContext, sipFeature } from '../../feature.ts';
import { publicationArriving, requestArrived, subscriptionArriving } from '../../hooks.ts';
import { SipError } from '../../wire/sip-error.ts';
import { Gateway } from './gateway.ts';
import { Peers } from './peers.ts';
import { publishLine } from './publish-line.ts';

const settings = {
  peers: list({
    default: [],
    help: 'IP addresses of the call manager nodes, or their networks (10.10.10.0/24). Empty, and without tlsSubjects: there is no trunk.',
  }),
  tlsSubjects: list({
    default: [],
    help: 'Names of call manager nodes that connect over TLS with a certificate of sip.listeners.clientCertificates.',
  }),
  allowUdp: flag({
    default: false,
    help: 'Whether addresses are believed over UDP, where anybody can write any sender. Only in a network that keeps others out.',
  }),
  lines: list({
    default: [],
    help: 'Whose line a directory number is, where the call manager does not name the user: 4711=aruiz@example.com.',
  }),
  gateway: text({
    default: '',
    pattern: /^(sips?:[A-Za-z0-9.:[\]-]+(;transport=(udp|tcp|tls))?)?$/,
    expects: 'a SIP URI without a user, such as sip:cucm.example.com:5060;transport=tcp',
    help:
      'Where to subscribe to what the call manager does not publish: the lines above, and numbers without an account here ' +
      'that somebody watches. Empty: nowhere.',
  }),
};

export type TrunkContext = SipFeatureContext<typeof settings>;

/** What call managers call themselves. */
const CALL_MANAGER = /^Cisco-(CUCM|CCM)/i;
const SAY_AGAIN_MS = 60_000;

export const unifiedCmTrunk = sipFeature({
  spec: 'Unified CM trunk',
  title: 'Phone presence from a Cisco Unified Communications Manager',
  version: '',
  status: 'complete',
  settings,
  setup(sip) {
    const peers = new Peers(sip.settings);
    let saidAt = 0;
    sip.on(requestArrived, 'trust', (incoming) => {
      if (peers.isEmpty) return;
      incoming.trust = peers.vouchFor(incoming.flow);
    });
    sip.on(requestArrived, 'block', ({ request, trust, flow, at }) => {
      if (trust !== undefined || request.method !== 'PUBLISH') return;
      if (!CALL_MANAGER.test(request.header('user-agent') ?? '')) return;
      if (at - saidAt >= SAY_AGAIN_MS) {
        saidAt = at;
        const { remoteAddress } = flow;
        sip.edge.log.warn({ remoteAddress }, 'an unknown call manager publishes: see sip.unified-cm-trunk.peers');
      }
      throw new SipError(403, 'Not A Known Call Manager');
    });
    sip.on(publicationArriving, 'authorize', (arriving) => {
      if (arriving.incoming.trust === undefined) return undefined;
      arriving.taken = publishLine(sip, arriving.sip, arriving.incoming);
      return 'stop';
    });
    const gateway = new Gateway(sip);
    sip.onMethod({ method: 'NOTIFY', authenticate: 'none' }, (incoming) => gateway.subscribers.take(incoming));
    sip.on(subscriptionArriving, 'find', (place) => gateway.find(place));
    sip.onStop(sip.edge.settings.onChange(featureSettings('sip', unifiedCmTrunk), () => gateway.followLines()));
    sip.onStop(() => gateway.stop());
    gateway.followLines();
  },
});
