import { duration, integer, settingsGroup, text } from '#base/settings.ts';

export const httpSettings = settingsGroup('http', {
  host: text({
    default: '127.0.0.1',
    help: 'The address that the HTTP port listens on; 0.0.0.0 for all. It tells figures and health, without a sign-in.',
  }),
  port: integer({
    default: 5280,
    min: 0,
    max: 65_535,
    help: 'The port of /metrics, /healthz and /readyz; --port-offset is added. 0 lets the system choose.',
  }),
  maxBodyBytes: integer({
    default: 65_536,
    min: 1024,
    max: 16_777_216,
    unit: 'bytes',
    help: 'The largest request body.',
  }),
  requestSeconds: duration({
    default: 30,
    min: 1,
    max: 3600,
    unit: 'seconds',
    help: 'How long a request may take to arrive.',
  }),
});

export const httpsSettings = settingsGroup('https', {
  host: text({
    default: '::',
    help: 'The address that the HTTPS port listens on; :: and 0.0.0.0 mean all.',
  }),
  port: integer({
    default: 5281,
    min: 0,
    max: 65_535,
    help: 'The port for contact lists over XCAP and for SIP over WebSocket; --port-offset is added. 0 closes it.',
  }),
  maxBodyBytes: integer({
    default: 1_048_576,
    min: 1024,
    max: 16_777_216,
    unit: 'bytes',
    help: 'The largest request body.',
  }),
  requestSeconds: duration({
    default: 30,
    min: 1,
    max: 3600,
    unit: 'seconds',
    help: 'How long the TLS handshake may take, and then each request to arrive.',
  }),
  maxConnections: integer({
    default: 10_000,
    min: 1,
    max: 1_000_000,
    unit: 'connections',
    help: 'How many connections there may be at once. Those that became WebSockets do not count here any more.',
  }),
  maxConnectionsPerAddress: integer({
    default: 256,
    min: 1,
    max: 1_000_000,
    unit: 'connections',
    help: 'How many of them one network address may have.',
  }),
});
