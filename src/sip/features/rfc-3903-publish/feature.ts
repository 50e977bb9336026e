/**
 * RFC 3903: SIP Extension for Event State Publication.
 * Takes what clients publish of their account's presence, under entity-tags that outlive a restart.
 */
import { duration, integer } from '#base/settings.ts';
import { type SipFeatureContext, sipFeature } from '../../feature.ts';
import { type PublicationArriving, publicationArriving } from '../../hooks.ts';
import type { IncomingRequest } from '../../incoming-request.ts';
import { SipError } from '../../wire/sip-error.ts';
import { publishClient } from './client.ts';

const settings = {
  minExpiresSeconds: duration({
    default: 60,
    min: 1,
    max: 3599,
    unit: 'seconds',
    help: 'A publication for less is refused with 423 (RFC 3903 section 6).',
  }),
  maxExpiresSeconds: duration({
    default: 7200,
    min: 60,
    max: 604_800,
    unit: 'seconds',
    help: 'A publication for more is shortened to this.',
  }),
  maxPublications: integer({
    default: 20,
    min: 1,
    max: 1000,
    unit: 'publications',
    help: 'Publications of one account at a time.',
  }),
};

export type PublishContext = SipFeatureContext<typeof settings>;

export const publish = sipFeature({
  spec: 'RFC 3903',
  title: 'Event State Publication',
  version: '',
  status: 'complete',
  settings,
  setup(sip) {
    sip.onMethod({ method: 'PUBLISH' }, (incoming) => take(sip, incoming));
  },
});

/** @throws {SipError} 403, 404, 489 */
function take(sip: PublishContext, incoming: IncomingRequest): void | Promise<void> {
  const { edge } = sip;
  const event = (incoming.request.header('event') ?? '').split(';', 1)[0]!.trim();
  if (event !== 'presence') throw new SipError(489, undefined, 'Allow-Events: presence\r\n');
  const arriving: PublicationArriving = { sip, incoming, taken: undefined };
  if (edge.homes.hooks.run(publicationArriving, arriving) === 'stop') return arriving.taken;
  const address = edge.accountOf(incoming.uri);
  const { sender } = incoming;
  // RFC 3903 §6: who may publish for somebody is a matter of policy: oneself alone.
  if (sender === undefined || address !== sender.address) throw new SipError(403, 'Not your own presence');
  publishClient(sip, incoming, sender);
}
