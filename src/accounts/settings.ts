import { duration, integer, settingsGroup } from '#base/settings.ts';
import { DEFAULT_ITERATIONS } from '#keys/credentials.ts';

export const passwordSettings = settingsGroup('accounts.passwords', {
  iterations: integer({
    default: DEFAULT_ITERATIONS,
    min: 4096,
    max: 1_000_000,
    unit: 'iterations',
    help: 'How often the hash function runs over a password (RFC 5802). Holds for passwords set from then on.',
  }),
});

/** Defaults and meaning of what `Throttle` goes by. */
export const throttleSettings = settingsGroup('accounts.throttle', {
  pairFreeFailures: integer({
    default: 5,
    min: 1,
    max: 1000,
    unit: 'failures',
    help: 'Wrong passwords that one network may give for one account before it has to wait between attempts.',
  }),
  pairMaxWaitSeconds: duration({
    default: 60,
    min: 1,
    max: 86_400,
    unit: 'seconds',
    help: 'The longest wait of one network for one account. Waits begin at one second and double with each failure.',
  }),
  networkFreeFailures: integer({
    default: 50,
    min: 1,
    max: 100_000,
    unit: 'failures',
    help: 'Wrong passwords that one network may give, for whatever accounts, before it has to wait.',
  }),
  networkMaxWaitSeconds: duration({
    default: 60,
    min: 1,
    max: 86_400,
    unit: 'seconds',
    help: 'The longest wait of one network. People who have signed in from there before do not wait.',
  }),
  accountFreeFailures: integer({
    default: 50,
    min: 1,
    max: 100_000,
    unit: 'failures',
    help: 'Wrong passwords given for one account, from whatever networks, before attempts for it have to wait.',
  }),
  accountMaxWaitSeconds: duration({
    default: 10,
    min: 1,
    max: 3600,
    unit: 'seconds',
    help: 'The longest wait for one account. Networks from which its owner has signed in before do not wait.',
  }),
  forgetSeconds: duration({
    default: 60,
    min: 1,
    max: 86_400,
    unit: 'seconds',
    help: 'After each such time without a failure, one failure is forgotten.',
  }),
  maxEntries: integer({
    default: 50_000,
    min: 1000,
    max: 10_000_000,
    unit: 'entries',
    help: 'How many accounts and networks are remembered at most; the one that was seen longest ago is forgotten first.',
  }),
});
