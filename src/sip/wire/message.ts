import type { CSeq } from './header-cseq.ts';
import { parseCSeq } from './header-cseq.ts';
import { type NameAddress, parseNameAddress } from './header-name-address.ts';
import { splitValues } from './header-values.ts';
import { parseVia, type Via } from './header-via.ts';

/**
 * A SIP message as it came (RFC 3261 §7). All text of it is a *byte string*: one character for each byte, as 'latin1'
 * reads it, so that what has to be echoed goes back byte for byte, whatever it is. What people read goes through
 * `readText` and `writeText` (`./byte-string.ts`), which know UTF-8.
 */
abstract class SipMessage {
  /** Name, value, name, value, in the order in which they came: names in lower case and whole, values unfolded. */
  readonly headers: readonly string[];
  /** A byte string; '' for none. */
  readonly body: string;
  #via: Via | undefined;
  #cseq: CSeq | undefined;
  #from: NameAddress | undefined;
  #to: NameAddress | undefined;

  constructor(headers: readonly string[], body: string) {
    this.headers = headers;
    this.body = body;
  }

  /** The first value of a header, as it came; undefined where there is none. @param name in lower case */
  header(name: string): string | undefined {
    const { headers } = this;
    for (let i = 0; i < headers.length; i += 2) if (headers[i] === name) return headers[i + 1];
    return undefined;
  }

  /** All header lines of a name, as they came. */
  lines(name: string): string[] {
    const { headers } = this;
    const found: string[] = [];
    for (let i = 0; i < headers.length; i += 2) if (headers[i] === name) found.push(headers[i + 1]!);
    return found;
  }

  /** All values of a header whose lines are lists (RFC 3261 §7.3.1), in order. */
  values(name: string): string[] {
    return this.lines(name).flatMap(splitValues);
  }

  /** The topmost Via. @throws {SipError} 400 */
  get via(): Via {
    this.#via ??= parseVia(this.header('via') ?? '');
    return this.#via;
  }

  /** @throws {SipError} 400 */
  get cseq(): CSeq {
    this.#cseq ??= parseCSeq(this.header('cseq') ?? '');
    return this.#cseq;
  }

  /** @throws {SipError} 400 */
  get from(): NameAddress {
    this.#from ??= parseNameAddress(this.header('from') ?? '', 'From');
    return this.#from;
  }

  /** @throws {SipError} 400 */
  get to(): NameAddress {
    this.#to ??= parseNameAddress(this.header('to') ?? '', 'To');
    return this.#to;
  }

  get callId(): string {
    return this.header('call-id') ?? '';
  }
}

export class SipRequest extends SipMessage {
  readonly kind = 'request';
  readonly method: string;
  /** The Request-URI as it came. */
  readonly uri: string;

  constructor(method: string, uri: string, headers: readonly string[], body: string) {
    super(headers, body);
    this.method = method;
    this.uri = uri;
  }
}

export class SipResponse extends SipMessage {
  readonly kind = 'response';
  readonly status: number;
  readonly reason: string;

  constructor(status: number, reason: string, headers: readonly string[], body: string) {
    super(headers, body);
    this.status = status;
    this.reason = reason;
  }
}

/** A request that we are about to send. The transaction puts the start line, Via and Content-Length around it. */
export interface OutgoingRequest {
  readonly method: string;
  /** The Request-URI: a byte string. */
  readonly uri: string;
  /** Header lines, each ended by CRLF, without Via of ours and without Content-Length: a byte string. */
  readonly head: string;
  /** A byte string; '' for none. Content-Type is in `head`. */
  readonly body: string;
}
