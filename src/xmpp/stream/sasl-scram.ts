/**
 * SCRAM-SHA-1, -256, -512 and their -PLUS (RFC 5802, RFC 7677), with what XEP-0474 adds against downgrades. Nothing in
 * the answers, nor in the work for them, tells whether an account exists before the client has proved that it may know.
 */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { hmac } from '#base/hmac.ts';
import { type ScramMechanism, scramHashes } from '#keys/credentials.ts';
import { disabled, SaslFailure } from './sasl-failure.ts';
import type { MechanismStep, Respond, SaslAccount, SaslContext } from './sasl-mechanism.ts';
import { accountAddress, decodeUtf8, requireOwnAuthzid } from './sasl-names.ts';
import { type ClientFirstMessage, parseClientFinal, parseClientFirst } from './scram-messages.ts';

/** What the server has offered on this stream. */
export interface Offer {
  readonly mechanisms: readonly string[];
  /** Types of channel binding, as announced by XEP-0440. */
  readonly bindingTypes: readonly string[];
}

/** One exchange, from the client's first message to the proof. */
interface Exchange {
  readonly mechanism: ScramMechanism;
  readonly address: string;
  readonly first: ClientFirstMessage;
  /** The gs2 header and the data of the channel binding, as the client has to repeat them. */
  readonly channelBinding: Uint8Array;
}

export function scram(mechanism: ScramMechanism, plus: boolean, offer: Offer, context: SaslContext): Respond {
  return (response) => {
    const first = parseClientFirst(decodeUtf8(response));
    const channelBinding = Buffer.concat([Buffer.from(first.gs2Header), bindingData(first, plus, offer, context)]);
    const address = accountAddress(first.username, context.domain);
    requireOwnAuthzid(first.authzid, address);
    const exchange = { mechanism, address, first, channelBinding };
    return {
      need: 'credentials',
      address,
      next: (account: SaslAccount) => challenge(exchange, account, offer, context),
    };
  };
}

/** RFC 5802 §6, on the server's side. */
function bindingData({ channelBinding }: ClientFirstMessage, plus: boolean, offer: Offer, context: SaslContext) {
  if (typeof channelBinding !== 'string') {
    if (!plus) throw new SaslFailure('malformed-request', 'channel binding needs a mechanism that ends in -PLUS');
    const data = context.tls?.channelBindings.get(channelBinding.type);
    if (data === undefined) throw new SaslFailure('malformed-request', 'this type of channel binding is not offered');
    return data();
  }
  if (plus) throw new SaslFailure('malformed-request', 'a mechanism that ends in -PLUS needs channel binding');
  if (channelBinding === 'y' && offer.mechanisms.some((name) => name.endsWith('-PLUS'))) {
    // The client would have bound the channel, and did not see that we can: somebody in between has hidden it.
    throw new SaslFailure('not-authorized', 'this server does support channel binding');
  }
  return new Uint8Array();
}

function challenge(exchange: Exchange, account: SaslAccount, offer: Offer, context: SaslContext): MechanismStep {
  const { mechanism, first } = exchange;
  const { salt, iterations } = account.credentials[mechanism];
  const nonce = first.nonce + (context.nonce?.() ?? randomBytes(24).toString('base64'));
  let serverFirst = `r=${nonce},s=${Buffer.from(salt).toString('base64')},i=${iterations}`;
  if (context.downgradeProtection) serverFirst += `,h=${hashOffer(mechanism, offer)}`;
  return {
    challenge: Buffer.from(serverFirst),
    next: (response: Uint8Array) => prove(exchange, account, nonce, serverFirst, response),
  };
}

/** XEP-0474 §5.1. Names of mechanisms and bindings are ASCII, for which sorting by code units is sorting by octets. */
function hashOffer(mechanism: ScramMechanism, { mechanisms, bindingTypes }: Offer): string {
  let text = mechanisms.toSorted().join('\x1e');
  if (bindingTypes.length > 0) text += `\x1f${bindingTypes.toSorted().join('\x1e')}`;
  return createHash(scramHashes[mechanism].digest).update(text).digest('base64');
}

/** RFC 5802 §3: the proof holds for these keys, and these messages, and this channel. */
function prove(
  { mechanism, address, first, channelBinding }: Exchange,
  account: SaslAccount,
  nonce: string,
  serverFirst: string,
  response: Uint8Array,
): MechanismStep {
  const final = parseClientFinal(decodeUtf8(response));
  if (final.nonce !== nonce) throw new SaslFailure('not-authorized', 'the nonce is not the one of this exchange');
  if (!isEqual(final.channelBinding, channelBinding))
    throw new SaslFailure('not-authorized', 'channel bindings differ');

  const { digest } = scramHashes[mechanism];
  const { storedKey, serverKey } = account.credentials[mechanism];
  const authMessage = `${first.bare},${serverFirst},${final.withoutProof}`;
  const clientSignature = hmac(digest, storedKey, authMessage);
  if (final.proof.length !== clientSignature.length) throw new SaslFailure('not-authorized');
  const clientKey = clientSignature.map((byte, i) => byte ^ final.proof[i]!);
  const matches = isEqual(createHash(digest).update(clientKey).digest(), storedKey);
  if (!matches || !account.known) throw new SaslFailure('not-authorized');
  if (!account.enabled) throw disabled(account);
  const serverSignature = hmac(digest, serverKey, authMessage).toString('base64');
  return { success: { address }, additional: Buffer.from(`v=${serverSignature}`) };
}

/** In a time that depends on nothing but the length. */
function isEqual(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}
