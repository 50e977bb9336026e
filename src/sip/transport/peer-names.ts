/** Who a certificate says its holder is, in SIP (RFC 5922). */
import { isIP } from 'node:net';
import { subjectAltNames } from '#base/subject-alt-name.ts';

/** What is read of a certificate, as Node tells it. */
export interface CertificateNames {
  /** 'DNS:example.com, URI:sip:example.com' */
  readonly subjectAltName: string | undefined;
  readonly commonName: string | undefined;
}

const DOMAIN = /^(?=.{1,253}$)[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*$/;

/**
 * The SIP domain identities of a certificate that was found valid, in lower case (RFC 5922 §7.1): URIs of SIP without a
 * user, and DNS names. The common name counts only where there is no subjectAltName that says anything. Wildcards are
 * no identity (§7.2).
 */
export function sipIdentities({ subjectAltName, commonName }: CertificateNames): string[] {
  const names = subjectAltNames(subjectAltName ?? '');
  const relevant = names.filter(([kind]) => kind === 'DNS' || kind === 'URI' || kind === 'IP Address');
  const found = relevant.map(identityOf).filter((name) => name !== undefined);
  if (found.length > 0 || relevant.length > 0) return [...new Set(found)];
  const common = commonName?.toLowerCase();
  return common !== undefined && DOMAIN.test(common) ? [common] : [];
}

/**
 * Whether a server is who was asked for (RFC 5922 §7.3): the domain of the URI, not the host that it led to.
 * @param domain a domain, or an IP address without brackets
 */
export function isServerFor(domain: string, names: CertificateNames): boolean {
  return sipIdentities(names).includes(canonical(domain));
}

function identityOf([kind, value]: readonly [string, string]): string | undefined {
  if (kind === 'IP Address') return canonical(value);
  const name = (kind === 'URI' ? hostOfSipUri(value) : value)?.toLowerCase();
  return name !== undefined && DOMAIN.test(name) && isIP(name) === 0 ? name : undefined;
}

/** RFC 5922 §7.1: with a user it names a person, and of another scheme it is not ours. */
function hostOfSipUri(uri: string): string | undefined {
  const match = /^sips?:([^@;?]+)(?:[;?].*)?$/i.exec(uri);
  const host = match?.[1];
  return host === undefined || host.includes('%') ? undefined : host.replace(/:\d+$/, '');
}

/** OpenSSL writes IPv6 in capitals and without '::'. */
function canonical(name: string): string {
  if (isIP(name) !== 6) return name.toLowerCase();
  return new URL(`http://[${name.split('%')[0]}]`).hostname.slice(1, -1);
}
