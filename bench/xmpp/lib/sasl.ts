/**
 * SASL PLAIN and SCRAM (RFC 5802, RFC 7677) for the client side.
 *
 * The salted keys are cached by user, salt and iteration count, as RFC 5802
 * section 3 lets a client do, so that a timed log-in measures the server's
 * work and not the load tool's PBKDF2.
 */
import { createHash, createHmac, pbkdf2, randomBytes, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';

const derive = promisify(pbkdf2);

interface ScramKeys {
  clientKey: Buffer;
  storedKey: Buffer;
  serverKey: Buffer;
}

const HASHES: Record<string, { digest: string; bytes: number }> = {
  'SCRAM-SHA-1': { digest: 'sha1', bytes: 20 },
  'SCRAM-SHA-256': { digest: 'sha256', bytes: 32 },
  'SCRAM-SHA-512': { digest: 'sha512', bytes: 64 },
};

const keyCache = new Map<string, ScramKeys>();

/**
 * The mechanism to use, out of those the server offers.
 * @param choice  'auto', 'scram' or a mechanism's name
 */
export function chooseMechanism(offered: string[], choice: string): string {
  const wanted =
    choice === 'auto'
      ? ['SCRAM-SHA-1', 'SCRAM-SHA-256', 'SCRAM-SHA-512', 'PLAIN']
      : choice === 'scram'
        ? ['SCRAM-SHA-1', 'SCRAM-SHA-256', 'SCRAM-SHA-512']
        : [choice.toUpperCase()];
  const found = wanted.find((name) => offered.includes(name));
  if (found === undefined)
    throw new Error(`no usable SASL mechanism: wanted ${wanted.join(', ')}, offered ${offered.join(', ')}`);
  return found;
}

export function plainInitial(user: string, password: string): string {
  return Buffer.from(`\0${user}\0${password}`).toString('base64');
}

/** One SCRAM exchange. */
export class ScramClient {
  #user: string;
  #password: string;
  #mechanism: string;
  #nonce = randomBytes(18).toString('base64');
  #expected: Buffer | undefined;

  constructor(mechanism: string, user: string, password: string) {
    this.#mechanism = mechanism;
    this.#user = user;
    this.#password = password;
  }

  #firstBare(): string {
    return `n=${this.#user.replace(/=/g, '=3D').replace(/,/g, '=2C')},r=${this.#nonce}`;
  }

  /** The base64 text of the <auth/> element. */
  initial(): string {
    return Buffer.from(`n,,${this.#firstBare()}`).toString('base64');
  }

  /** The base64 text of the <response/> to the server's <challenge/>. */
  async respond(challengeBase64: string): Promise<string> {
    const serverFirst = Buffer.from(challengeBase64, 'base64').toString();
    const fields = parseFields(serverFirst);
    const nonce = fields.get('r') ?? '';
    const salt = fields.get('s') ?? '';
    const iterations = Number(fields.get('i'));
    if (!nonce.startsWith(this.#nonce) || !(iterations > 0)) throw new Error(`bad SCRAM challenge: ${serverFirst}`);
    const { digest } = hashOf(this.#mechanism);
    const keys = await scramKeys(this.#mechanism, this.#user, this.#password, salt, iterations);
    const finalBare = `c=biws,r=${nonce}`;
    const authMessage = `${this.#firstBare()},${serverFirst},${finalBare}`;
    const signature = createHmac(digest, keys.storedKey).update(authMessage).digest();
    const proof = Buffer.alloc(signature.length);
    for (let i = 0; i < proof.length; i++) proof[i] = signature[i]! ^ keys.clientKey[i]!;
    this.#expected = createHmac(digest, keys.serverKey).update(authMessage).digest();
    return Buffer.from(`${finalBare},p=${proof.toString('base64')}`).toString('base64');
  }

  /** Checks the server's signature in the text of <success/>. */
  verify(successBase64: string): void {
    const fields = parseFields(Buffer.from(successBase64, 'base64').toString());
    const got = Buffer.from(fields.get('v') ?? '', 'base64');
    const expected = this.#expected;
    if (expected === undefined || got.length !== expected.length || !timingSafeEqual(got, expected)) {
      throw new Error('the server did not prove that it knows the password (SCRAM signature)');
    }
  }
}

function hashOf(mechanism: string): { digest: string; bytes: number } {
  const hash = HASHES[mechanism];
  if (hash === undefined) throw new Error(`SASL mechanism ${mechanism} is not known here`);
  return hash;
}

async function scramKeys(
  mechanism: string,
  user: string,
  password: string,
  salt: string,
  iterations: number,
): Promise<ScramKeys> {
  const cacheKey = `${mechanism} ${salt} ${iterations} ${user}`;
  const cached = keyCache.get(cacheKey);
  if (cached !== undefined) return cached;
  const { digest, bytes } = hashOf(mechanism);
  const salted = await derive(password, Buffer.from(salt, 'base64'), iterations, bytes, digest);
  const clientKey = createHmac(digest, salted).update('Client Key').digest();
  const keys: ScramKeys = {
    clientKey,
    storedKey: createHash(digest).update(clientKey).digest(),
    serverKey: createHmac(digest, salted).update('Server Key').digest(),
  };
  keyCache.set(cacheKey, keys);
  return keys;
}

function parseFields(text: string): Map<string, string> {
  return new Map(text.split(',').map((field) => [field.slice(0, 1), field.slice(2)]));
}
