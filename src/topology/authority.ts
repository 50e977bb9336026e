/**
 * The certificate authority of the cluster, which the publisher holds: nodes know each other by the certificates that it
 * gives. Its key is in the data folder, and never leaves it.
 */
import './decorator-metadata.ts';
import { createHash, createPrivateKey, createPublicKey, webcrypto } from 'node:crypto';
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  cryptoProvider,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  Pkcs10CertificateRequest,
  Pkcs10CertificateRequestGenerator,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509Certificate,
  X509CertificateGenerator,
} from '@peculiar/x509';
import { Failure } from '#base/failure.ts';
import { AUTHORITY, AUTHORITY_KEY, type ClusterFiles, NODE_KEY } from './cluster-files.ts';

cryptoProvider.set(webcrypto);

export interface Issued {
  /** PEM. */
  readonly certificate: string;
  /** SHA-256, in hexadecimal. */
  readonly fingerprint: string;
  /** Epoch milliseconds. */
  readonly endsAt: number;
}

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const DAY_MS = 86_400_000;
const AUTHORITY_DAYS = 3650;
const NODE_DAYS = 397;
/** Clocks differ: a certificate made now is good for one whose clock is late. */
const EARLIER_MS = 3_600_000;

export class Authority {
  /** PEM. */
  readonly certificate: string;
  readonly #parsed: X509Certificate;
  readonly #key: webcrypto.CryptoKey;

  private constructor(certificate: string, key: webcrypto.CryptoKey) {
    this.certificate = certificate;
    this.#parsed = new X509Certificate(certificate);
    this.#key = key;
  }

  /**
   * The authority of this publisher, made where there is none yet.
   * @param name whose cluster it is, for people who look at the certificate
   * @param now epoch milliseconds
   */
  static async open(files: ClusterFiles, name: string, now: number): Promise<Authority> {
    const pem = files.read(AUTHORITY_KEY);
    const keys = await pairOf(pem);
    if (pem === undefined) files.replace(AUTHORITY_KEY, await keyPem(keys.privateKey));
    const there = files.read(AUTHORITY);
    if (there !== undefined) return new Authority(there, keys.privateKey);
    const made = (await makeAuthority(keys, name, now)).toString('pem');
    files.replace(AUTHORITY, made);
    return new Authority(made, keys.privateKey);
  }

  /**
   * Gives a node its certificate, whatever names it asks for.
   * @param request PKCS #10, as PEM
   * @throws {Failure} 'malformed' when it is none, is not signed by its key, or its key is not P-256
   */
  async issue(request: string, node: string, now: number): Promise<Issued> {
    return this.#sign(await publicKeyOf(request), node, now);
  }

  async #sign(publicKey: webcrypto.CryptoKey, node: string, now: number): Promise<Issued> {
    const endsAt = Math.min(now + NODE_DAYS * DAY_MS, this.#parsed.notAfter.getTime());
    const certificate = await X509CertificateGenerator.create({
      serialNumber: serialNumber(),
      subject: [{ CN: [node.slice(0, 64)] }],
      issuer: this.#parsed.subject,
      notBefore: new Date(now - EARLIER_MS),
      notAfter: new Date(endsAt),
      signingKey: this.#key,
      publicKey,
      signingAlgorithm: ALGORITHM,
      extensions: [
        new BasicConstraintsExtension(false, undefined, true),
        new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
        new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth, ExtendedKeyUsage.clientAuth]),
        new SubjectAlternativeNameExtension([{ type: 'dns', value: node }]),
        await SubjectKeyIdentifierExtension.create(publicKey),
        await AuthorityKeyIdentifierExtension.create(this.#parsed.publicKey),
      ],
    });
    return {
      certificate: certificate.toString('pem'),
      fingerprint: fingerprintOf(certificate),
      endsAt: certificate.notAfter.getTime(),
    };
  }
}

/**
 * The key of this node, made where there is none yet, and a request for its certificate.
 * @returns PKCS #10, as PEM
 */
export async function certificateRequest(files: ClusterFiles, node: string): Promise<string> {
  const pem = files.read(NODE_KEY);
  const keys = await pairOf(pem);
  if (pem === undefined) files.replace(NODE_KEY, await keyPem(keys.privateKey));
  const request = await Pkcs10CertificateRequestGenerator.create({
    name: [{ CN: [node.slice(0, 64)] }],
    keys,
    signingAlgorithm: ALGORITHM,
    extensions: [new SubjectAlternativeNameExtension([{ type: 'dns', value: node }])],
  });
  return request.toString('pem');
}

/**
 * Looks at what a publisher has sent before it is kept.
 * @throws {Failure} 'malformed' when it is not for this node's key, or not of that authority
 */
export async function checkIssued(
  issued: { certificate: string; authority: string },
  files: ClusterFiles,
  now: number,
): Promise<Issued> {
  const wrong = (what: string) =>
    new Failure('malformed', `the publisher has sent a certificate ${what}; look at its log`);
  let certificate: X509Certificate;
  let authority: X509Certificate;
  try {
    [certificate, authority] = [new X509Certificate(issued.certificate), new X509Certificate(issued.authority)];
  } catch {
    throw wrong('that cannot be read');
  }
  if (!publicInfo(files.read(NODE_KEY)!).equals(Buffer.from(certificate.publicKey.rawData)))
    throw wrong('for another key');
  const { publicKey } = authority;
  if (!(await certificate.verify({ publicKey, date: new Date(now) })))
    throw wrong('that its authority has not signed, or of another time');
  return {
    certificate: issued.certificate,
    fingerprint: fingerprintOf(certificate),
    endsAt: certificate.notAfter.getTime(),
  };
}

/** SHA-256 of a certificate, in hexadecimal. */
export function fingerprintOf(certificate: { rawData: ArrayBuffer }): string {
  return createHash('sha256').update(Buffer.from(certificate.rawData)).digest('hex');
}

async function makeAuthority(keys: webcrypto.CryptoKeyPair, name: string, now: number): Promise<X509Certificate> {
  return X509CertificateGenerator.createSelfSigned({
    serialNumber: serialNumber(),
    name: [{ CN: [`Rollcall cluster ${name}`.slice(0, 64)] }],
    notBefore: new Date(now - EARLIER_MS),
    notAfter: new Date(now + AUTHORITY_DAYS * DAY_MS),
    keys,
    signingAlgorithm: ALGORITHM,
    extensions: [
      new BasicConstraintsExtension(true, 0, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
}

/** RFC 5280 §4.1.2.2: positive, at most 20 octets. */
function serialNumber(): string {
  const bytes = Buffer.from(webcrypto.getRandomValues(new Uint8Array(16)));
  bytes[0]! &= 0x7f;
  return bytes.toString('hex');
}

async function publicKeyOf(request: string): Promise<webcrypto.CryptoKey> {
  let parsed: Pkcs10CertificateRequest;
  try {
    parsed = new Pkcs10CertificateRequest(request);
    const { name, namedCurve } = parsed.publicKey.algorithm as webcrypto.EcKeyAlgorithm;
    if (name === ALGORITHM.name && namedCurve === ALGORITHM.namedCurve && (await parsed.verify()))
      return await parsed.publicKey.export();
  } catch {
    // As for one that says something else.
  }
  throw new Failure('malformed', 'the request for a certificate is not one of a P-256 key that is signed by that key');
}

/** Of a PEM, or new where there is none. */
async function pairOf(pem: string | undefined): Promise<webcrypto.CryptoKeyPair> {
  const { subtle } = webcrypto;
  if (pem === undefined) return subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
  const key = createPrivateKey(pem).export({ type: 'pkcs8', format: 'der' });
  return {
    privateKey: await subtle.importKey('pkcs8', key, ALGORITHM, true, ['sign']),
    publicKey: await subtle.importKey('spki', publicInfo(pem), ALGORITHM, true, ['verify']),
  };
}

/** SubjectPublicKeyInfo of a private key (RFC 5280 §4.1.2.7). */
function publicInfo(pem: string): Buffer {
  return createPublicKey(createPrivateKey(pem)).export({ type: 'spki', format: 'der' });
}

async function keyPem(key: webcrypto.CryptoKey): Promise<string> {
  const der = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', key));
  return `-----BEGIN PRIVATE KEY-----\n${der
    .toString('base64')
    .match(/.{1,64}/g)!
    .join('\n')}\n-----END PRIVATE KEY-----\n`;
}
