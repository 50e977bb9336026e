import type { X509Certificate } from 'node:crypto';
import { subjectAltNames } from '#base/subject-alt-name.ts';
import type { CertificateIdentities } from './sasl-mechanism.ts';

/**
 * The names in a certificate's subjectAltName that say who it is on XMPP. The common name is no address (RFC 6120
 * §13.7.1), and a name of another kind is passed over.
 * @param certificate one that was found valid; nothing is checked here
 */
export function certificateIdentities(certificate: Pick<X509Certificate, 'subjectAltName'>): CertificateIdentities {
  const identities = { xmppAddrs: [] as string[], dnsNames: [] as string[], srvNames: [] as string[] };
  for (const [kind, value] of subjectAltNames(certificate.subjectAltName ?? '')) {
    if (kind === 'DNS') identities.dnsNames.push(value);
    if (kind !== 'othername') continue;
    if (value.startsWith('XmppAddr:')) identities.xmppAddrs.push(value.slice('XmppAddr:'.length));
    if (value.startsWith('SRVName:')) identities.srvNames.push(value.slice('SRVName:'.length));
  }
  return identities;
}
