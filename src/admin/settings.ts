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
