import type { Codec } from './codec.ts';
import { bodyCodecs } from './codecs-bodies.ts';
import { eventCodecs } from './codecs-events.ts';
import { registrationCodecs } from './codecs-registration.ts';
import { sipCodecs } from './codecs-sip.ts';
import { textCodecs } from './codecs-text.ts';
import { xcapCodecs } from './codecs-xcap.ts';
import { xmlCodecs } from './codecs-xml.ts';
import { xmppCodecs } from './codecs-xmpp.ts';

/** Every codec that is fuzzed. A new one is added to one of these lists. */
export const codecs: readonly Codec[] = [
  ...xmlCodecs,
  ...textCodecs,
  ...xmppCodecs,
  ...sipCodecs,
  ...eventCodecs,
  ...registrationCodecs,
  ...bodyCodecs,
  ...xcapCodecs,
];
