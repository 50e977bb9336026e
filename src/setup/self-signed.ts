/**
 * The certificate of a first start: P-256, signed by itself, for the server's domain. It is there so that the first
 * sign-in is encrypted; a person replaces it by one that clients trust (docs/operations/certificates.md).
 */
import { createHash, generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { bits, boolean, explicit, octets, oid, sequence, set, tagged, time, unsigned, utf8 } from './der.ts';

/** Clients refuse server certificates that are good for longer. */
const VALID_DAYS = 397;
const DAY_MS = 86_400_000;
/** Clocks differ: a certificate made now is good for one whose clock is late. */
const EARLIER_MS = 3_600_000;

export interface KeyAndCertificate {
  /** PEM, PKCS #8. */
  key: string;
  /** PEM. */
  certificate: string;
}

/**
 * @param names domains and IP addresses, at least one; the first is the subject's common name
 * @param now epoch milliseconds
 * @see RFC 5280 §4.1
 */
export function selfSigned(names: readonly string[], now: number): KeyAndCertificate {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const publicInfo = publicKey.export({ type: 'spki', format: 'der' });
  const algorithm = sequence(oid('1.2.840.10045.4.3.2')); // ecdsa-with-SHA256
  const name = sequence(set(sequence(oid('2.5.4.3'), utf8(names[0]!.slice(0, 64)))));
  const keyId = createHash('sha1').update(publicInfo).digest();
  const extensions = sequence(
    extension('2.5.29.19', true, sequence()), // basicConstraints: no authority
    extension('2.5.29.15', true, bits(Buffer.from([0x80]), 7)), // keyUsage: digitalSignature
    extension('2.5.29.37', false, sequence(oid('1.3.6.1.5.5.7.3.1'), oid('1.3.6.1.5.5.7.3.2'))), // TLS, both sides
    extension('2.5.29.14', false, octets(keyId)), // subjectKeyIdentifier
    extension('2.5.29.17', false, sequence(...names.map(alternativeName))),
  );
  const toBeSigned = sequence(
    explicit(0, unsigned(Buffer.from([2]))), // version 3
    unsigned(randomBytes(16)),
    algorithm,
    name,
    sequence(time(now - EARLIER_MS), time(now + VALID_DAYS * DAY_MS)),
    name,
    publicInfo,
    explicit(3, extensions),
  );
  const signature = sign('sha256', toBeSigned, privateKey);
  return {
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    certificate: pem(sequence(toBeSigned, algorithm, bits(signature))),
  };
}

function extension(id: string, critical: boolean, value: Uint8Array): Buffer {
  return sequence(oid(id), ...(critical ? [boolean(true)] : []), octets(value));
}

/** RFC 5280 §4.2.1.6: dNSName is [2] and iPAddress is [7]. */
function alternativeName(name: string): Buffer {
  const v4 = /^\d+\.\d+\.\d+\.\d+$/.test(name);
  return v4 ? tagged(0x87, Buffer.from(name.split('.').map(Number))) : tagged(0x82, Buffer.from(name, 'latin1'));
}

function pem(der: Buffer): string {
  const lines = der.toString('base64').match(/.{1,64}/g)!;
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
}
