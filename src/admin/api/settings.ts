import { flag, integer, settingsGroup } from '#base/settings.ts';

export const apiSettings = settingsGroup('api', {
  enabled: flag({
    default: true,
    help: 'Whether administration over the HTTPS port (/api) is offered, to who holds a role or a token.',
  }),
  requestsPerMinute: integer({
    default: 600,
    min: 1,
    max: 1_000_000,
    unit: 'requests',
    help: 'How often one account or token may ask within a minute.',
  }),
  wrongTokensPerMinute: integer({
    default: 30,
    min: 1,
    max: 1_000_000,
    unit: 'attempts',
    help: 'How often one network may give a token that is none within a minute; then it waits.',
  }),
});
