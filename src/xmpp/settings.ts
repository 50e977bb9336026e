import { duration, flag, integer, settingsGroup, text } from '#base/settings.ts';

export const xmppListeners = settingsGroup('xmpp.listeners', {
  host: text({ default: '::', help: 'The address to listen on; :: is every one, IPv4 included.' }),
  port: integer({ default: 5222, min: 0, max: 65_535, help: 'Clients connect here and start TLS; 0 for none.' }),
  tlsPort: integer({ default: 5223, min: 0, max: 65_535, help: 'TLS from the first byte (XEP-0368); 0 for none.' }),
  requireTls: flag({
    default: true,
    help: 'Off lets clients sign in over a connection that anyone can read. For measurements on one machine only.',
  }),
  tlsGroups: text({
    default: 'X25519:P-256:P-384',
    pattern: /^[A-Za-z0-9_-]+(:[A-Za-z0-9_-]+)*$/,
    expects: 'names of key exchange groups joined by colons',
    help:
      'What keys of TLS are agreed on, the best first. X25519MLKEM768 before the others also withstands a quantum ' +
      'computer, and takes 10 KiB of memory for each connection.',
  }),
  clientCertificates: text({
    default: '',
    help: 'A file of CA certificates (PEM): clients with a certificate of theirs may sign in with it (XEP-0178).',
  }),
});

export const xmppLimits = settingsGroup('xmpp.limits', {
  maxStanzaBytes: integer({
    default: 262_144,
    min: 10_000,
    max: 16_777_216,
    unit: 'bytes',
    help: 'The largest stanza of a client that has signed in (RFC 6120 §13.12, XEP-0478).',
  }),
  maxStanzaBytesBeforeSignIn: integer({
    default: 10_000,
    min: 10_000,
    max: 1_048_576,
    unit: 'bytes',
    help: 'The same before sign-in.',
  }),
  maxDepth: integer({ default: 64, min: 8, max: 1000, unit: 'levels', help: 'How deep elements may be nested.' }),
  maxAttributes: integer({ default: 64, min: 16, max: 1000, unit: 'attributes', help: 'Of one element.' }),
  signInSeconds: duration({
    default: 30,
    min: 1,
    unit: 'seconds',
    help: 'A client that has not signed in by then is cut off.',
  }),
  signInAttempts: integer({ default: 5, min: 1, unit: 'attempts', help: 'Wrong passwords on one connection.' }),
  maxConnections: integer({ default: 100_000, min: 1, unit: 'connections', help: 'Connections of clients in all.' }),
  maxSigningInPerAddress: integer({
    default: 200,
    min: 1,
    unit: 'connections',
    help: 'Connections from one network address that have not signed in yet.',
  }),
  bytesPerSecond: integer({
    default: 1_048_576,
    min: 10_000,
    unit: 'bytes per second',
    help: 'What is read from one connection; one that sends faster is made to wait.',
  }),
  maxUnsentBytes: integer({
    default: 8_388_608,
    min: 65_536,
    unit: 'bytes',
    help: 'What may wait for a client that reads too slowly, before it is cut off.',
  }),
  maxSessions: integer({ default: 20, min: 1, unit: 'sessions', help: 'Clients of one account signed in at a time.' }),
});
