import { integer, settingsGroup } from '#base/settings.ts';

export const sipTransactions = settingsGroup('sip.transactions', {
  maxOngoing: integer({
    default: 50_000,
    min: 100,
    unit: 'requests',
    help: 'Requests that wait to be answered, here or by others. Above that, new ones are answered 503 until there is room.',
  }),
  rememberedTransactions: integer({
    default: 50_000,
    min: 100,
    unit: 'responses',
    help:
      'Responses over UDP that are kept for 32 seconds in case the request is repeated (RFC 3261 §17.2.2). Above that ' +
      'the oldest is forgotten; one takes about 800 bytes.',
  }),
});
