/**
 * Temporary GRUUs (RFC 5627 §3.1.2): addresses of one device that do not tell whose it is. Nothing is kept of them: each
 * one holds what it stands for, encrypted with a key of this server, and is good as long as its device is registered
 * under the same Call-ID.
 */
import { createCipheriv, createDecipheriv, hash, randomBytes } from 'node:crypto';
import type { Home } from '#accounts/home.ts';
import type { Homes } from '#accounts/homes.ts';
import { type Binding, bindingsPart } from './bindings.ts';
import { asciiDomain, domainOf, gruuOf } from './wire/address.ts';
import { parseUri, type SipUri } from './wire/sip-uri.ts';

const PREFIX = 'tgruu.';
const CIPHER = 'aes-256-gcm';
const IV_BYTES = 12;
const TAG_BYTES = 12;
const OPTIONS = { authTagLength: TAG_BYTES };

export class Gruus {
  readonly #homes: Homes;
  readonly #key: Buffer;

  /** @param secret known to this server alone, and the same at every start */
  constructor(homes: Homes, secret: Uint8Array) {
    this.#homes = homes;
    this.#key = hash('sha256', Buffer.concat([Buffer.from('temporary GRUUs '), secret]), 'buffer');
  }

  /** A new one for a binding that names its instance: a byte string. */
  temporary({ home, said }: Binding): string {
    const at = home.address.indexOf('@');
    const iv = randomBytes(IV_BYTES);
    const cipher = createCipheriv(CIPHER, this.#key, iv, OPTIONS);
    const text = JSON.stringify([home.address.slice(0, at), said.device, epochOf(said.callId)]);
    const sealed = Buffer.concat([iv, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()]);
    return `sip:${PREFIX}${sealed.toString('base64url')}@${asciiDomain(home.address.slice(at + 1))};gr`;
  }

  /**
   * The public GRUU that a temporary one stands for.
   * @returns the URI itself where it is no temporary GRUU of ours; undefined where it is one that is not valid any more
   */
  resolve(uri: SipUri): SipUri | undefined {
    if (!uri.user.startsWith(PREFIX) || uri.params.get('gr') !== '') return uri;
    const opened = this.#open(uri.user.slice(PREFIX.length));
    if (opened === undefined) return uri;
    const [local, device, epoch] = opened;
    const home = this.#homes.loaded(`${local}@${domainOf(uri)}`);
    if (home === undefined || !isRegistered(home, device, epoch)) return undefined;
    return parseUri(gruuOf(home.address, device));
  }

  #open(text: string): [local: string, device: string, epoch: string] | undefined {
    const sealed = Buffer.from(text, 'base64url');
    if (sealed.length <= IV_BYTES + TAG_BYTES) return undefined;
    try {
      const decipher = createDecipheriv(CIPHER, this.#key, sealed.subarray(0, IV_BYTES), OPTIONS);
      decipher.setAuthTag(sealed.subarray(-TAG_BYTES));
      const opened = decipher.update(sealed.subarray(IV_BYTES, -TAG_BYTES), undefined, 'utf8') + decipher.final('utf8');
      return JSON.parse(opened) as [string, string, string];
    } catch {
      return undefined;
    }
  }
}

/** RFC 5627 §5.4: a REGISTER with another Call-ID takes all of them back. */
function isRegistered(home: Home, device: string, epoch: string): boolean {
  const bindings = bindingsPart.of(home).devices.get(device)?.bindings ?? [];
  return bindings.some(({ said }) => epochOf(said.callId) === epoch);
}

function epochOf(callId: string): string {
  return hash('sha256', callId, 'base64url').slice(0, 8);
}
