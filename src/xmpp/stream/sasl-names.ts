/** Names that clients give when they sign in. */
import { prepareAddress } from '#accounts/address.ts';
import { Failure } from '#base/failure.ts';
import { SaslFailure } from './sasl-failure.ts';

const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** @throws {SaslFailure} 'malformed-request' when it is not UTF-8 */
export function decodeUtf8(bytes: Uint8Array): string {
  try {
    return strictUtf8.decode(bytes);
  } catch {
    throw new SaslFailure('malformed-request', 'not UTF-8');
  }
}

/**
 * The account that a username means: the part before the @, or a whole address in the stream's domain.
 * @throws {SaslFailure} 'not-authorized' for a name that no account of this domain can have
 * @see RFC 6120 §6.3.7
 */
export function accountAddress(username: string, domain: string): string {
  const address = prepared(username.includes('@') ? username : `${username}@${domain}`);
  if (address === undefined || !address.endsWith(`@${domain}`)) throw new SaslFailure('not-authorized');
  return address;
}

/**
 * Nobody signs in for somebody else: an authorization identity may be left out, or be one's own address.
 * @throws {SaslFailure} 'invalid-authzid'
 * @see RFC 6120 §6.3.8, §6.5.6
 */
export function requireOwnAuthzid(authzid: string, address: string): void {
  if (authzid !== '' && prepared(authzid) !== address) throw new SaslFailure('invalid-authzid');
}

/** The address in the form in which addresses are compared, or undefined where it is none. */
export function prepared(text: string): string | undefined {
  try {
    return prepareAddress(text);
  } catch (error) {
    if (error instanceof Failure) return undefined;
    throw error;
  }
}
