import { duration, flag, integer, list, settingsGroup, text } from '#base/settings.ts';
import { SERVER_PATTERN } from './server-address.ts';

export const timeSettings = settingsGroup('time', {
  servers: list({
    default: [],
    pattern: SERVER_PATTERN,
    maxItems: 10,
    expects: 'a list of at most 10 NTP servers: addresses, names, or "pool NAME", with :PORT where it is not 123',
    help: 'NTP servers that the clock is measured against; without any, the clock is trusted as it is. The clock itself is set by the system.',
  }),
  pollSeconds: duration({
    default: 64,
    unit: 'seconds',
    min: 8,
    max: 1024,
    help: 'How often each NTP server is asked.',
  }),
  alarmOffsetMs: duration({
    default: 3000,
    unit: 'milliseconds',
    min: 10,
    max: 900_000,
    help: 'A clock that is further from the chosen NTP server than this is reported as a problem.',
  }),
});

export const timeServerSettings = settingsGroup('time.server', {
  enabled: flag({ default: false, help: 'Gives the time to others by NTP, as good as the own sources are.' }),
  host: text({ default: '::', help: 'The address that is listened on; :: is every one, IPv4 as well.' }),
  port: integer({ default: 123, min: 1, max: 65_535, help: 'The UDP port.' }),
  localStratum: integer({
    default: 0,
    min: 0,
    max: 15,
    help: 'The stratum at which the own clock is given where no NTP server can be had; 0: then no time is given.',
  }),
  maxPerMinute: integer({
    default: 120,
    min: 1,
    max: 1_000_000,
    unit: 'requests',
    help: 'Requests of one address (IPv6: one /64 network) that are answered within a minute.',
  }),
});
