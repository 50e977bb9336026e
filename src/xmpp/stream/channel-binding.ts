/** What ties a sign-in to the TLS connection that it is made on. */
import { createHash, X509Certificate } from 'node:crypto';
import type { TLSSocket } from 'node:tls';

/**
 * The types of channel binding that this connection can do, by their registered names, the stronger first.
 *
 * `tls-exporter` (RFC 9266) is there with TLS 1.3 alone: with 1.2 it would need the extended master secret, and we
 * cannot see whether that is in use (RFC 9266 §4.2). `tls-unique` has no meaning in 1.3 and is not safe before it.
 */
export function channelBindings(
  socket: Pick<TLSSocket, 'getProtocol' | 'exportKeyingMaterial' | 'getX509Certificate'>,
): ReadonlyMap<string, () => Uint8Array> {
  const bindings = new Map<string, () => Uint8Array>();
  if (socket.getProtocol() === 'TLSv1.3') {
    bindings.set('tls-exporter', () => socket.exportKeyingMaterial(32, 'EXPORTER-Channel-Binding', Buffer.alloc(0)));
  }
  const raw = socket.getX509Certificate()?.raw;
  if (raw !== undefined) {
    const hash = endPointHash(raw);
    if (hash !== undefined) bindings.set('tls-server-end-point', () => createHash(hash).update(raw).digest());
  }
  return bindings;
}

let last: { raw: Buffer; hash: string | undefined } | undefined;

/** A server shows the same certificate on nearly all connections: it is looked into once. */
function endPointHash(raw: Buffer): string | undefined {
  if (last === undefined || !last.raw.equals(raw)) last = { raw, hash: hashOfSignature(raw) };
  return last.hash;
}

/**
 * The hash function that `tls-server-end-point` uses for a certificate: the one of its signature, or SHA-256 where that
 * would be MD5 or SHA-1; undefined where the signature has none of its own (Ed25519) or does not name it (RSA-PSS).
 * @param certificate DER or PEM
 * @see RFC 5929 §4.1
 */
export function hashOfSignature(certificate: Uint8Array): string | undefined {
  const algorithm = new X509Certificate(certificate).signatureAlgorithm?.toLowerCase() ?? '';
  const [, hash] = /(md5|sha-?(?:1|224|256|384|512)(?![0-9]))/.exec(algorithm) ?? [];
  if (hash === undefined) return undefined;
  return hash === 'md5' || /^sha-?1$/.test(hash) ? 'sha256' : hash.replace('-', '');
}
