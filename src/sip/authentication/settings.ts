import { duration, flag, integer, list, settingsGroup } from '#base/settings.ts';

export const sipAuthentication = settingsGroup('sip.authentication', {
  algorithms: list({
    default: ['SHA-256', 'MD5'],
    pattern: /^(MD5|SHA-256|SHA-512-256)$/,
    maxItems: 3,
    expects: 'a list of SHA-512-256, SHA-256 and MD5',
    help:
      'Algorithms of digest authentication, the preferred one first (RFC 8760). Many phones know MD5 alone; clients ' +
      'known to fail at others are asked for MD5 when it is in the list.',
  }),
  nonceSeconds: duration({
    default: 300,
    min: 10,
    max: 86_400,
    unit: 'seconds',
    help: 'How long a client may answer the same challenge, with a count that grows. Later it is given another one.',
  }),
  withoutQopSeconds: duration({
    default: 30,
    min: 5,
    max: 3600,
    unit: 'seconds',
    help: 'The same for clients that do not count (no qop, as in RFC 2069). Each of their answers is good once.',
  }),
  rememberedNonces: integer({
    default: 100_000,
    min: 1000,
    max: 10_000_000,
    unit: 'challenges',
    help: 'Answered challenges that are remembered, against replays, at most. Beyond it the oldest end early.',
  }),
  integrity: flag({
    default: false,
    help: 'Whether clients are offered to protect bodies as well (qop auth-int). It is taken from them in any case.',
  }),
});
