/** What a person reads when the server is ready: what to open, and how to sign in. */
import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { table } from './cli.ts';
import type { StartedServer } from './server-module.ts';

export function welcome({ domain, ports, administrator, demo, node }: StartedServer, version: string): string {
  const { xmpp, 'xmpp-tls': xmppTls, sip, 'sip-tls': sipTls, http, https } = ports;
  const people = [
    ...(administrator ? [{ ...administrator, note: 'administrator; shown this once' }] : []),
    ...demo.map((person) => ({ ...person, note: 'unless it was changed since' })),
  ];
  const places = [
    ['Domain', domain],
    ...(xmpp === undefined
      ? []
      : [['XMPP', `port ${xmpp} (STARTTLS)${xmppTls === undefined ? '' : `, port ${xmppTls} (TLS)`}`]]),
    ...(sip === undefined
      ? []
      : [['SIP', `port ${sip} (UDP and TCP)${sipTls === undefined ? '' : `, port ${sipTls} (TLS)`}`]]),
    ...(https === undefined ? [] : [['XCAP', `https://${domain}:${https}/xcap-root/`]]),
    ['Health', `http://127.0.0.1:${http}/readyz`],
    ['Figures', `http://127.0.0.1:${http}/metrics`],
    ['Data', node.folder.path],
    ...certificate(node.folder.tlsFolder, domain),
  ];
  return [
    '',
    `Rollcall ${version} is ready.`,
    '',
    indent(table(places)),
    '',
    ...(people.length === 0
      ? []
      : [
          'Sign in with any XMPP or SIP client:',
          '',
          indent(table([['address', 'password', ''], ...people.map((one) => [one.address, one.password, one.note])])),
          '',
        ]),
    ...(xmpp === undefined && sip === undefined
      ? ['It serves nobody yet; "npx rollcall setup status" says why.', '']
      : []),
    `Add somebody:  npx rollcall user add NAME@${domain}`,
    'Stop:          Ctrl-C',
    '',
  ].join('\n');
}

/** Clients do not trust a certificate that signed itself; its fingerprint lets a person tell that it is the right one. */
function certificate(tlsFolder: string, domain: string): string[][] {
  try {
    const read = new X509Certificate(readFileSync(join(tlsFolder, domain, 'certificate.pem')));
    if (read.issuer !== read.subject) return [];
    return [
      ['Certificate', 'made here, so a client asks whether to trust it; its SHA-256 fingerprint:'],
      ['', read.fingerprint256.slice(0, 47)],
      ['', read.fingerprint256.slice(48)],
    ];
  } catch {
    return [];
  }
}

function indent(text: string): string {
  return text.replaceAll(/^(?=.)/gm, '  ');
}
