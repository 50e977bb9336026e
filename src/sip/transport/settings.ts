import { duration, flag, integer, settingsGroup, text } from '#base/settings.ts';

export const sipListeners = settingsGroup('sip.listeners', {
  host: text({ default: '::', help: 'The address to listen on; :: is every one, IPv4 included.' }),
  port: integer({ default: 5060, min: 0, max: 65_535, help: 'SIP over UDP and over TCP; 0 for none.' }),
  tlsPort: integer({ default: 5061, min: 0, max: 65_535, help: 'SIP over TLS; 0 for none.' }),
  publicAddress: text({
    default: '',
    pattern: /^([A-Za-z0-9.-]*|[0-9A-Fa-f:]+)$/,
    expects: 'a host name or an IP address',
    help: 'What others reach this server by, where its own addresses are not that (behind NAT); empty: they are.',
  }),
  clientCertificates: text({
    default: '',
    help:
      'A file of CA certificates (PEM): peers that connect over TLS are asked for a certificate of theirs, and are who ' +
      'it says (RFC 5922). One without is served like anybody.',
  }),
  verifyServers: flag({
    default: true,
    help: 'Whether a server that is connected to over TLS has to prove its domain (RFC 5922 §7.3). Off for tests only.',
  }),
  trustedServers: text({
    default: '',
    help: 'A file of CA certificates (PEM) that servers are believed by; empty: those that Node is shipped with.',
  }),
  receiveBufferBytes: integer({
    default: 4_194_304,
    min: 65_536,
    max: 1_073_741_824,
    unit: 'bytes',
    help: 'Datagrams that wait to be read. The system may give less (net.core.rmem_max).',
  }),
  sendBufferBytes: integer({
    default: 4_194_304,
    min: 65_536,
    max: 1_073_741_824,
    unit: 'bytes',
    help: 'Datagrams that wait to be sent. The system may give less (net.core.wmem_max).',
  }),
});

export const sipLimits = settingsGroup('sip.limits', {
  maxHeadBytes: integer({
    default: 32_768,
    min: 4096,
    max: 1_048_576,
    unit: 'bytes',
    help: 'The start line and all headers of a message; more are answered 513.',
  }),
  maxHeaders: integer({ default: 200, min: 50, max: 2000, unit: 'lines', help: 'Header lines of a message.' }),
  maxBodyBytes: integer({
    default: 262_144,
    min: 4096,
    max: 16_777_216,
    unit: 'bytes',
    help: 'The body of a message; a larger one is answered 413.',
  }),
  maxConnections: integer({ default: 100_000, min: 1, unit: 'connections', help: 'TCP, TLS and WebSocket in all.' }),
  maxConnectionsPerAddress: integer({
    default: 5000,
    min: 1,
    unit: 'connections',
    help: 'From one network address; a whole office may share one.',
  }),
  maxSilentPerAddress: integer({
    default: 200,
    min: 1,
    unit: 'connections',
    help: 'From one network address that have not sent a message yet.',
  }),
  firstMessageSeconds: duration({
    default: 30,
    min: 1,
    unit: 'seconds',
    help: 'A connection on which no message has come by then is cut off; so is one, within a minute more, whose message does not end.',
  }),
  idleSeconds: duration({
    default: 7200,
    min: 60,
    unit: 'seconds',
    help: 'A connection on which nothing has come for so long is closed. Longer than registrations last.',
  }),
  connectSeconds: duration({
    default: 8,
    min: 1,
    max: 32,
    unit: 'seconds',
    help: 'How long another server may take to accept a connection, TLS included, before the next is tried.',
  }),
  bytesPerSecond: integer({
    default: 16_777_216,
    min: 65_536,
    unit: 'bytes per second',
    help: 'What is read from one connection; one that sends faster is made to wait.',
  }),
  datagramsPerSecond: integer({
    default: 20_000,
    min: 10,
    unit: 'datagrams per second',
    help: 'From one network address over UDP; more are dropped unread. Does not hold for this machine itself.',
  }),
  maxUnsentBytes: integer({
    default: 8_388_608,
    min: 65_536,
    unit: 'bytes',
    help: 'What may wait for a peer that reads too slowly, before it is cut off.',
  }),
});
