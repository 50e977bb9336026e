/** PLAIN (RFC 4616): the password in clear, so only ever inside TLS. */
import { disabled, SaslFailure } from './sasl-failure.ts';
import type { MechanismStep, Respond, SaslAccount, SaslContext } from './sasl-mechanism.ts';
import { accountAddress, decodeUtf8, requireOwnAuthzid } from './sasl-names.ts';

export function plain(context: SaslContext): Respond {
  return (response) => {
    const [authzid, username, password, ...rest] = decodeUtf8(response).split('\0');
    if (!username || !password || rest.length > 0) {
      throw new SaslFailure('malformed-request', 'PLAIN is authzid NUL username NUL password');
    }
    const address = accountAddress(username, context.domain);
    requireOwnAuthzid(authzid!, address);
    return verify(address, password);
  };
}

function verify(address: string, password: string): MechanismStep {
  return {
    need: 'credentials',
    address,
    next: (account: SaslAccount): MechanismStep => ({
      need: 'verification',
      credentials: account.credentials,
      password,
      next: (matches: boolean) => {
        if (!account.known || !matches) throw new SaslFailure('not-authorized');
        if (!account.enabled) throw disabled(account);
        return { success: { address } };
      },
    }),
  };
}
