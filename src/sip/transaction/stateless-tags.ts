import { hash, randomBytes } from 'node:crypto';
import type { SipRequest } from '../wire/message.ts';
import { serverKey } from './matching.ts';

const LENGTH = 12;

/**
 * Tags of answers that nothing is remembered of (RFC 3261 §8.2.7): the same for the same request, so that the ACK to
 * such an answer is known by its tag, and nobody else makes one.
 */
export class StatelessTags {
  readonly #secret = randomBytes(16).toString('latin1');

  of(request: SipRequest): string {
    const bytes = Buffer.from(this.#secret + identity(request), 'latin1');
    return hash('sha256', bytes, 'base64url').slice(0, LENGTH);
  }

  isIn(ack: SipRequest): boolean {
    return ack.to.tag.length === LENGTH && ack.to.tag === this.of(ack);
  }
}

function identity(request: SipRequest): string {
  try {
    return serverKey(request);
  } catch {
    // Its Via cannot be read; nobody acknowledges the answer.
    return request.callId;
  }
}
