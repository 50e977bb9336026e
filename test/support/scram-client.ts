import { createHash, createHmac, pbkdf2, randomBytes, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';

const derive = promisify(pbkdf2);

/** The mechanisms that it speaks, the strongest first, and their hashes. */
export const SCRAM_HASHES: Record<string, { hash: string; bytes: number }> = {
  'SCRAM-SHA-512': { hash: 'sha512', bytes: 64 },
  'SCRAM-SHA-256': { hash: 'sha256', bytes: 32 },
  'SCRAM-SHA-1': { hash: 'sha1', bytes: 20 },
};

/** The client's half of SCRAM without channel binding. RFC 5802 §3, RFC 7677. */
export class ScramClient {
  readonly first: string;
  #hash: { hash: string; bytes: number };
  #password: string;
  #nonce = randomBytes(18).toString('base64');
  #serverSignature: Buffer | undefined;

  constructor(mechanism: string, user: string, password: string) {
    const hash = SCRAM_HASHES[mechanism];
    if (!hash) throw new Error(`not a SCRAM mechanism that the test client knows: ${mechanism}`);
    this.#hash = hash;
    this.#password = password;
    const name = user.replaceAll('=', '=3D').replaceAll(',', '=2C');
    this.first = `n,,n=${name},r=${this.#nonce}`;
  }

  /** @returns client-final-message for a server-first-message */
  async final(challenge: string): Promise<string> {
    const parts = attributesOf(challenge);
    const [nonce, salt, iterations] = [parts.get('r'), parts.get('s'), Number(parts.get('i'))];
    if (!nonce?.startsWith(this.#nonce) || nonce === this.#nonce) throw new Error('SCRAM: not our nonce');
    if (!salt || !(iterations >= 4096)) throw new Error(`SCRAM: bad salt or iteration count in ${challenge}`);
    const { hash, bytes } = this.#hash;
    const salted = await derive(this.#password, Buffer.from(salt, 'base64'), iterations, bytes, hash);
    const clientKey = hmac(hash, salted, 'Client Key');
    const storedKey = createHash(hash).update(clientKey).digest();
    const withoutProof = `c=${Buffer.from('n,,').toString('base64')},r=${nonce}`;
    const authMessage = `${this.first.slice(3)},${challenge},${withoutProof}`;
    const signature = hmac(hash, storedKey, authMessage);
    const proof = Buffer.from(clientKey.map((byte, i) => byte ^ signature[i]!));
    this.#serverSignature = hmac(hash, hmac(hash, salted, 'Server Key'), authMessage);
    return `${withoutProof},p=${proof.toString('base64')}`;
  }

  /** @throws {Error} when server-final-message does not prove that the server knows the account's keys */
  verify(success: string): void {
    const signature = Buffer.from(attributesOf(success).get('v') ?? '', 'base64');
    const expected = this.#serverSignature;
    if (!expected || signature.length !== expected.length || !timingSafeEqual(signature, expected)) {
      throw new Error('SCRAM: the server did not prove that it knows the account');
    }
  }
}

function attributesOf(message: string): Map<string, string> {
  return new Map(message.split(',').map((part) => [part.slice(0, 1), part.slice(2)]));
}

function hmac(hash: string, key: Buffer, text: string): Buffer {
  return createHmac(hash, key).update(text).digest();
}
