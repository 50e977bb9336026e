import { duration, flag, integer, settingsGroup, text } from '#base/settings.ts';

/** The port on which the embedded Unified CM answers AXL. */
export const axlServerSettings = settingsGroup('unifiedCm.axl', {
  host: text({
    default: '::',
    help: 'The address that the AXL port listens on; :: and 0.0.0.0 mean all.',
  }),
  port: integer({
    default: 8443,
    min: 0,
    max: 65_535,
    help: 'The HTTPS port for AXL; --port-offset is added. 0 closes it.',
  }),
  writable: flag({
    default: true,
    help: 'Whether add, update, remove and SQL updates are taken; where not, they are answered 403.',
  }),
  maxBodyBytes: integer({
    default: 1_048_576,
    min: 1024,
    max: 8_388_608,
    unit: 'bytes',
    help: 'The largest request.',
  }),
  maxAnswerBytes: integer({
    default: 8_388_608,
    min: 65_536,
    max: 8_388_608,
    unit: 'bytes',
    help: 'The largest answer to a list or an SQL query; a larger one is refused, and says how many rows would do.',
  }),
  maxWritesWaiting: integer({
    default: 64,
    min: 1,
    max: 10_000,
    unit: 'requests',
    help: 'Changes that may be under way at once; one more is answered 503, to come again later.',
  }),
  maxReadsAtOnce: integer({
    default: 4,
    min: 1,
    max: 64,
    unit: 'requests',
    restart: true,
    help: 'Lists and SQL queries that are answered at once; others wait in line.',
  }),
  requestSeconds: duration({
    default: 60,
    min: 1,
    max: 3600,
    unit: 'seconds',
    help: 'How long the TLS handshake may take, and then each request to arrive.',
  }),
  signInCacheSeconds: duration({
    default: 60,
    min: 0,
    max: 3600,
    unit: 'seconds',
    help: 'How long a password that was right needs no new check. A change of the user ends it at once.',
  }),
  sessionSeconds: duration({
    default: 600,
    min: 0,
    max: 86_400,
    unit: 'seconds',
    help: 'How long the cookie JSESSIONIDSSO stands for a sign-in; 0 gives no cookies.',
  }),
  maxConnections: integer({
    default: 1000,
    min: 1,
    max: 100_000,
    unit: 'connections',
    help: 'How many connections there may be at once.',
  }),
  maxConnectionsPerAddress: integer({
    default: 64,
    min: 1,
    max: 100_000,
    unit: 'connections',
    help: 'How many of them one network address may have.',
  }),
});
