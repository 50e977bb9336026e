import { duration, flag, integer } from '#base/settings.ts';

export const proxySettings = {
  answerSeconds: duration({
    default: 190,
    min: 181,
    max: 3600,
    unit: 'seconds',
    help: 'How long a called device may ring before the call is taken back (timer C of RFC 3261 §16.6).',
  }),
  maxBreadth: integer({
    default: 60,
    min: 1,
    max: 1000,
    unit: 'branches',
    help: 'How many ways one request may go at a time, here and at all that it is passed on to (RFC 5393).',
  }),
  toOtherDomains: flag({
    default: true,
    help: 'Whether people of this server may reach addresses of other domains through it.',
  }),
};
