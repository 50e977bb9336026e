import { hmac } from '#base/hmac.ts';

const MAC_BYTES = 12;
const MAC_LENGTH = (MAC_BYTES * 4) / 3;

/**
 * Tokens that we put into Record-Route and Path (RFC 5626 §5.2): they name the flow that a request has to go back over,
 * and that we ourselves have said so, for this call. Whoever has one takes part in the call and need not prove an
 * account again.
 */
export class FlowTokens {
  readonly #key: Uint8Array;

  /** @param secret known to this server alone and the same at every start */
  constructor(secret: Uint8Array) {
    this.#key = hmac('sha256', secret, 'SIP flow tokens');
  }

  /** @param flowId '' for none: the token only says that we wrote it @param callId the call that it is good for */
  write(flowId: string, callId: string): string {
    return this.#mac(flowId, callId) + Buffer.from(flowId, 'latin1').toString('base64url');
  }

  /** @returns the flow's id; undefined for a token that is none of ours, or of another call */
  read(token: string, callId: string): string | undefined {
    if (token.length < MAC_LENGTH) return undefined;
    const flowId = Buffer.from(token.slice(MAC_LENGTH), 'base64url').toString('latin1');
    return this.write(flowId, callId) === token ? flowId : undefined;
  }

  #mac(flowId: string, callId: string): string {
    return hmac('sha256', this.#key, `${flowId}\n${callId}`).subarray(0, MAC_BYTES).toString('base64url');
  }
}
