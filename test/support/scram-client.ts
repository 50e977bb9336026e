import { createHash, createHmac, pbkdf2, randomBytes, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';

const derive = promisify(pbkdf2);

/** The mechanisms that it speaks, the strongest first, and their hashes. */
export const SCRAM_HASHES: Record<string, { hash: string; bytes: number }> = {
  'SCRAM-SHA-512': { hash: 'sha512', bytes: 64 },
  'SCRAM-SHA-256': { hash: 'sha256', bytes: 32 },
  'SCRAM-SHA-1': { hash: 'sha1', bytes: 20 },
};

export interface ScramClientOptions {
  /** For -PLUS: the type of channel binding, and its data (RFC 5056). */
  channelBinding?: { type: string; data: Uint8Array };
  /** The gs2 flag without channel binding: 'y' claims that the server has offered none. Default 'n'. */
  flag?: 'n' | 'y';
  authzid?: string;
  nonce?: string;
  /** What stands before the proof in the final message, beside the nonce: `,x=...`. */
  extensions?: string;
  /** What was offered; if given, the server has to have told the same (XEP-0474). */
  offered?: { mechanisms: readonly string[]; bindingTypes: readonly string[] };
}

/** The client's half of SCRAM. RFC 5802 §3, RFC 7677; XEP-0474. */
export class ScramClient {
  readonly first: string;
  #hash: { hash: string; bytes: number };
  #password: string;
  #nonce: string;
  #gs2Header: string;
  #options: ScramClientOptions;
  #serverSignature: Buffer | undefined;

  constructor(mechanism: string, user: string, password: string, options: ScramClientOptions = {}) {
    const hash = SCRAM_HASHES[mechanism];
    if (!hash) throw new Error(`not a SCRAM mechanism that the test client knows: ${mechanism}`);
    this.#hash = hash;
    this.#password = password;
    this.#options = options;
    this.#nonce = options.nonce ?? randomBytes(18).toString('base64');
    const flag = options.channelBinding ? `p=${options.channelBinding.type}` : (options.flag ?? 'n');
    const authzid = options.authzid === undefined ? '' : `a=${saslname(options.authzid)}`;
    this.#gs2Header = `${flag},${authzid},`;
    this.first = `${this.#gs2Header}n=${saslname(user)},r=${this.#nonce}`;
  }

  /** @returns client-final-message for a server-first-message */
  async final(challenge: string): Promise<string> {
    const parts = attributesOf(challenge);
    const [nonce, salt, iterations] = [parts.get('r'), parts.get('s'), Number(parts.get('i'))];
    if (!nonce?.startsWith(this.#nonce) || nonce === this.#nonce) throw new Error('SCRAM: not our nonce');
    if (!salt || !(iterations >= 4096)) throw new Error(`SCRAM: bad salt or iteration count in ${challenge}`);
    const { hash, bytes } = this.#hash;
    this.#checkOffer(parts.get('h'));
    const salted = await derive(this.#password, Buffer.from(salt, 'base64'), iterations, bytes, hash);
    const clientKey = hmac(hash, salted, 'Client Key');
    const storedKey = createHash(hash).update(clientKey).digest();
    const binding = Buffer.concat([
      Buffer.from(this.#gs2Header),
      this.#options.channelBinding?.data ?? Buffer.alloc(0),
    ]);
    const withoutProof = `c=${binding.toString('base64')},r=${nonce}${this.#options.extensions ?? ''}`;
    const authMessage = `${this.first.slice(this.#gs2Header.length)},${challenge},${withoutProof}`;
    const signature = hmac(hash, storedKey, authMessage);
    const proof = Buffer.from(clientKey.map((byte, i) => byte ^ signature[i]!));
    this.#serverSignature = hmac(hash, hmac(hash, salted, 'Server Key'), authMessage);
    return `${withoutProof},p=${proof.toString('base64')}`;
  }

  /** XEP-0474 §5.2. */
  #checkOffer(told: string | undefined): void {
    const offered = this.#options.offered;
    if (offered === undefined) return;
    const types = offered.bindingTypes.length > 0 ? `\x1f${offered.bindingTypes.toSorted().join('\x1e')}` : '';
    const text = offered.mechanisms.toSorted().join('\x1e') + types;
    if (createHash(this.#hash.hash).update(text).digest('base64') !== told) {
      throw new Error('SCRAM: somebody has changed what the server offered');
    }
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

function saslname(name: string): string {
  return name.replaceAll('=', '=3D').replaceAll(',', '=2C');
}

function attributesOf(message: string): Map<string, string> {
  return new Map(message.split(',').map((part) => [part.slice(0, 1), part.slice(2)]));
}

function hmac(hash: string, key: Buffer, text: string): Buffer {
  return createHmac(hash, key).update(text).digest();
}
