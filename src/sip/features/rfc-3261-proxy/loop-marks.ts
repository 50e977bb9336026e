import { hash } from 'node:crypto';
import { parseVia } from '../../wire/header-via.ts';
import type { SipRequest } from '../../wire/message.ts';

const LENGTH = 10;

/**
 * Loop detection (RFC 3261 §16.3 step 4, §16.6 step 8, RFC 5393 §4.2): the branch of each request that we pass on is
 * marked with what decides where it goes. One that comes back with the same mark would go the same way again; one that
 * comes back with another is a spiral.
 */
export class LoopMarks {
  readonly #secret: string;

  constructor(secret: Uint8Array) {
    this.#secret = Buffer.from(secret).toString('latin1');
  }

  /** What goes behind a branch of ours. */
  of(request: SipRequest): string {
    const decides = [request.uri, ...request.lines('route'), ...request.lines('proxy-require')].join('\n');
    const bytes = Buffer.from(`${this.#secret}loop${decides}`, 'latin1');
    return `.${hash('sha256', bytes, 'base64url').slice(0, LENGTH)}`;
  }

  /** @throws {SipError} 400 where a Via cannot be read */
  isLoop(request: SipRequest): boolean {
    const lines = request.lines('via');
    // One value in one line: it comes from its sender, who is none of us.
    if (lines.length === 1 && !lines[0]!.includes(',')) return false;
    const mark = this.of(request);
    return request.values('via').some((value) => parseVia(value).branch.endsWith(mark));
  }
}
