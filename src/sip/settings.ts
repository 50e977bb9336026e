import { integer, settingsGroup } from '#base/settings.ts';

export const sipRequests = settingsGroup('sip.requests', {
  maxPending: integer({
    default: 20_000,
    min: 10,
    unit: 'requests',
    help: 'Requests that may be dealt with at a time (waiting for the store, or for another server); more get 503.',
  }),
});
