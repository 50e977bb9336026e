import type { X509Certificate } from 'node:crypto';
import type { CertificateIdentities } from './sasl-mechanism.ts';

/** One name: its kind, then its value as it is, or as a JSON string where it holds anything that could mislead. */
const NAME = /([A-Za-z ]+):(?:("(?:[^"\\]|\\.)*")|([^,"]*))(?:, |$)/y;

/**
 * The names in a certificate's subjectAltName that say who it is on XMPP. The common name is no address (RFC 6120
 * §13.7.1), and a name of another kind is passed over.
 * @param certificate one that was found valid; nothing is checked here
 */
export function certificateIdentities(certificate: Pick<X509Certificate, 'subjectAltName'>): CertificateIdentities {
  const identities = { xmppAddrs: [] as string[], dnsNames: [] as string[], srvNames: [] as string[] };
  for (const [kind, value] of namesIn(certificate.subjectAltName ?? '')) {
    if (kind === 'DNS') identities.dnsNames.push(value);
    if (kind !== 'othername') continue;
    if (value.startsWith('XmppAddr:')) identities.xmppAddrs.push(value.slice('XmppAddr:'.length));
    if (value.startsWith('SRVName:')) identities.srvNames.push(value.slice('SRVName:'.length));
  }
  return identities;
}

/** @returns nothing at all when a part cannot be read: better nobody than the wrong one */
function namesIn(text: string): [kind: string, value: string][] {
  const names: [string, string][] = [];
  NAME.lastIndex = 0;
  while (NAME.lastIndex < text.length) {
    const name = NAME.exec(text);
    const value = name?.[2] === undefined ? name?.[3] : unquoted(name[2]);
    if (name === null || value === undefined) return [];
    names.push([name[1]!, value]);
  }
  return names;
}

function unquoted(text: string): string | undefined {
  try {
    return JSON.parse(text) as string;
  } catch {
    return undefined;
  }
}
