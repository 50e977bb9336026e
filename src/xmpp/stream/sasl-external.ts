/**
 * EXTERNAL with the certificate that the peer has shown in TLS (XEP-0178, RFC 4422 appendix A). The certificate was
 * checked before: here it is only asked whose it is.
 */
import { Failure } from '#base/failure.ts';
import { prepareDomain } from '#precis/domain.ts';
import { disabled, SaslFailure } from './sasl-failure.ts';
import type { CertificateIdentities, MechanismStep, Respond, SaslAccount, SaslContext } from './sasl-mechanism.ts';
import { decodeUtf8, prepared } from './sasl-names.ts';

/** Whether the certificate names somebody who can sign in on this stream (RFC 6120 §6.3.4: else it is not offered). */
export function isExternalPossible(context: SaslContext): boolean {
  const certificate = context.tls?.certificate;
  if (certificate === undefined) return false;
  if (context.peerDomain !== undefined) return namesServer(certificate, context.peerDomain);
  return addressesIn(certificate, context.domain).length > 0;
}

export function external(context: SaslContext): Respond {
  return (response) => {
    const authzid = decodeUtf8(response);
    if (authzid.includes('\0')) throw new SaslFailure('malformed-request', 'NUL in the authorization identity');
    const certificate = context.tls!.certificate!;
    if (context.peerDomain !== undefined) return serverSignsIn(certificate, context.peerDomain, authzid);
    return accountSignsIn(chooseAddress(addressesIn(certificate, context.domain), authzid));
  };
}

/** XEP-0178 §2 item 11: the only address of the certificate, or the one that was asked for. */
function chooseAddress(addresses: string[], authzid: string): string {
  const address = authzid === '' && addresses.length === 1 ? addresses[0] : prepared(authzid);
  if (address === undefined || !addresses.includes(address)) throw new SaslFailure('invalid-authzid');
  return address;
}

function accountSignsIn(address: string): MechanismStep {
  return {
    need: 'credentials',
    address,
    next: (account: SaslAccount) => {
      if (!account.known) throw new SaslFailure('not-authorized');
      if (!account.enabled) throw disabled(account);
      return { success: { address } };
    },
  };
}

/** XEP-0178 §3 item 10: a server is who its stream header says, when its certificate says so too. */
function serverSignsIn(certificate: CertificateIdentities, domain: string, authzid: string): MechanismStep {
  if (!namesServer(certificate, domain)) throw new SaslFailure('not-authorized');
  if (authzid !== '' && preparedDomain(authzid) !== domain) throw new SaslFailure('invalid-authzid');
  return { success: { address: domain } };
}

function addressesIn({ xmppAddrs }: CertificateIdentities, domain: string): string[] {
  const addresses = xmppAddrs.map(prepared).filter((address) => address?.endsWith(`@${domain}`));
  return [...new Set(addresses as string[])];
}

/** RFC 6120 §13.7.1.2 and RFC 6125 §6.4: the names by which a certificate can be a server's. */
function namesServer({ xmppAddrs, dnsNames, srvNames }: CertificateIdentities, domain: string): boolean {
  const service = '_xmpp-server.';
  const services = srvNames.filter((name) => name.toLowerCase().startsWith(service));
  return (
    xmppAddrs.some((name) => preparedDomain(name) === domain) ||
    services.some((name) => preparedDomain(name.slice(service.length)) === domain) ||
    dnsNames.some((name) => matchesDnsName(name, domain))
  );
}

/** A wildcard stands for the whole first label and for nothing more (RFC 6125 §6.4.3). */
function matchesDnsName(name: string, domain: string): boolean {
  if (!name.startsWith('*.')) return preparedDomain(name) === domain;
  const parent = preparedDomain(name.slice(2));
  const dot = domain.indexOf('.');
  return parent?.includes('.') === true && dot > 0 && domain.slice(dot + 1) === parent;
}

function preparedDomain(text: string): string | undefined {
  try {
    return prepareDomain(text);
  } catch (error) {
    if (error instanceof Failure) return undefined;
    throw error;
  }
}
