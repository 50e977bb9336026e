/** What ties a sign-in to the TLS connection that it is made on. */
import { createHash, X509Certificate } from 'node:crypto';
import type { TLSSocket } from 'node:tls';

/** `tls-server-end-point` of each certificate that the server has shown: the same on all its connections. */
const endPoints = new WeakMap<X509Certificate, Uint8Array | undefined>();

/**
 * The types of channel binding that this connection can do, by their registered names, the stronger first.
 *
 * `tls-exporter` (RFC 9266) is there with TLS 1.3 alone: with 1.2 it would need the extended master secret, and we
 * cannot see whether that is in use (RFC 9266 §4.2). `tls-unique` has no meaning in 1.3 and is not safe before it.
 * @param certificate the one that the server has shown
 */
export function channelBindings(
  socket: Pick<TLSSocket, 'getProtocol' | 'exportKeyingMaterial'>,
  certificate: X509Certificate,
): ReadonlyMap<string, () => Uint8Array> {
  const bindings = new Map<string, () => Uint8Array>();
  if (socket.getProtocol() === 'TLSv1.3') {
    bindings.set('tls-exporter', () => socket.exportKeyingMaterial(32, 'EXPORTER-Channel-Binding', Buffer.alloc(0)));
  }
  const endPoint = endPointOf(certificate);
  if (endPoint !== undefined) bindings.set('tls-server-end-point', () => endPoint);
  return bindings;
}

function endPointOf(certificate: X509Certificate): Uint8Array | undefined {
  if (!endPoints.has(certificate)) {
    const { raw } = certificate;
    const hash = hashOfSignature(raw);
    endPoints.set(certificate, hash === undefined ? undefined : createHash(hash).update(raw).digest());
  }
  return endPoints.get(certificate);
}

/**
 * The hash function that `tls-server-end-point` uses for a certificate: the one of its signature, or SHA-256 where that
 * would be MD5 or SHA-1; undefined where the signature has none of its own (Ed25519) or does not name it (RSA-PSS).
 * @param der the certificate
 * @see RFC 5929 §4.1
 */
export function hashOfSignature(der: Uint8Array): string | undefined {
  const algorithm = new X509Certificate(der).signatureAlgorithm?.toLowerCase() ?? '';
  const [, hash] = /(md5|sha-?(?:1|224|256|384|512)(?![0-9]))/.exec(algorithm) ?? [];
  if (hash === undefined) return undefined;
  return hash === 'md5' || /^sha-?1$/.test(hash) ? 'sha256' : hash.replace('-', '');
}
