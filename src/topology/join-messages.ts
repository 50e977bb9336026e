/**
 * What a subscriber and the publisher say to each other while it joins: one JSON object a line, over TLS 1.3.
 *
 *     subscriber: hello       its name and release, and a nonce
 *     publisher:  challenge   a nonce, and the salt of the security password
 *     subscriber: proof       an HMAC over all of it, keyed by the security password
 *     publisher:  welcome     its own proof, of the same
 *     subscriber: request     for a certificate (PKCS #10)
 *     publisher:  certificate and that of the cluster's authority
 *     subscriber: installed   both are on its disk
 *     publisher:  done
 *
 * A renewal has no challenge: the subscriber shows its certificate in the handshake of TLS. Instead of any answer the
 * publisher may say `refused`, and closes.
 */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { Failure } from '#base/failure.ts';
import { SALT_BYTES } from './security-password.ts';

export const PROTOCOL = 1;
export const NONCE_BYTES = 32;
/** Of one message; a certificate and its authority are the longest. */
export const MAX_LINE_BYTES = 16_384;
/** RFC 9266: what the two ends of one TLS connection have in common, and nobody in between can have with both. */
export const EXPORTER = { label: 'EXPORTER-Channel-Binding', bytes: 32 } as const;

const bytes = (length: number) =>
  z
    .base64()
    .max(2 * length)
    .refine((text) => Buffer.from(text, 'base64').length === length, `not ${length} bytes`);
const name = z.string().min(1).max(253);
const release = z.string().min(1).max(64);
const pem = z.string().max(8192);

const fromSubscriber = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('hello'),
    protocol: z.int(),
    purpose: z.enum(['join', 'renew']),
    node: name,
    release,
    nonce: bytes(NONCE_BYTES),
  }),
  z.strictObject({ type: z.literal('proof'), proof: bytes(32) }),
  z.strictObject({ type: z.literal('request'), request: pem }),
  z.strictObject({ type: z.literal('installed') }),
]);

const fromPublisher = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('challenge'), nonce: bytes(NONCE_BYTES), salt: bytes(SALT_BYTES) }),
  z.strictObject({ type: z.literal('welcome'), proof: bytes(32).optional(), publisher: name, release }),
  z.strictObject({ type: z.literal('certificate'), certificate: pem, authority: pem }),
  z.strictObject({ type: z.literal('done') }),
  z.strictObject({
    type: z.literal('refused'),
    kind: z.enum(['malformed', 'not-found', 'not-acceptable', 'forbidden', 'over-limit', 'unavailable']),
    message: z.string().max(2000),
  }),
]);

export type SubscriberMessage = z.infer<typeof fromSubscriber>;
export type PublisherMessage = z.infer<typeof fromPublisher>;
export type Hello = Extract<SubscriberMessage, { type: 'hello' }>;

/** @throws {Failure} 'malformed' */
export function readSubscriberMessage(line: string): SubscriberMessage {
  return read(fromSubscriber, line);
}

/** @throws {Failure} 'malformed' */
export function readPublisherMessage(line: string): PublisherMessage {
  return read(fromPublisher, line);
}

export function writeMessage(message: SubscriberMessage | PublisherMessage): string {
  return `${JSON.stringify(message)}\n`;
}

function read<T>(schema: z.ZodType<T>, line: string): T {
  let parsed: unknown;
  try {
    parsed = JSON.parse(line);
  } catch {
    throw new Failure('malformed', 'the other side does not speak as nodes of a cluster do');
  }
  const checked = schema.safeParse(parsed);
  if (checked.success) return checked.data;
  throw new Failure(
    'malformed',
    'the other side said something that this release does not know; are both of one release?',
  );
}

/** Cuts what comes into lines; whatever comes, it holds no more than one. */
export class LineReader {
  #held: Buffer[] = [];
  #size = 0;

  /** @throws {Failure} 'over-limit' for a line that is too long; nothing may be fed after that */
  feed(chunk: Buffer): string[] {
    const lines: string[] = [];
    let from = 0;
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, from)) {
      this.#hold(chunk.subarray(from, end));
      lines.push(Buffer.concat(this.#held).toString('utf8'));
      this.#held = [];
      this.#size = 0;
      from = end + 1;
    }
    this.#hold(chunk.subarray(from));
    return lines;
  }

  #hold(piece: Buffer): void {
    this.#size += piece.length;
    if (this.#size > MAX_LINE_BYTES)
      throw new Failure('over-limit', `a message is longer than ${MAX_LINE_BYTES} bytes`);
    if (piece.length > 0) this.#held.push(piece);
  }
}

/** What both sides have said, and the connection that they have said it on. */
export interface Said {
  readonly hello: Hello;
  readonly challenge: Extract<PublisherMessage, { type: 'challenge' }>;
  /** The exported keying material of this connection (RFC 9266). */
  readonly exporter: Uint8Array;
}

/** The bytes that the subscriber's proof is over. */
export function transcript({ hello, challenge, exporter }: Said): Buffer {
  const parts = [
    Buffer.from(`rollcall join ${PROTOCOL}`),
    Buffer.from(hello.nonce, 'base64'),
    Buffer.from(challenge.nonce, 'base64'),
    Buffer.from(challenge.salt, 'base64'),
    Buffer.from(hello.node),
    Buffer.from(hello.release),
    exporter,
  ];
  const hash = createHash('sha256');
  for (const part of parts) {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(part.length);
    hash.update(length).update(part);
  }
  return hash.digest();
}

/** The bytes that the publisher's proof is over: it answers that of the subscriber. */
export function answeredTranscript(said: Said, subscriberProof: Uint8Array): Buffer {
  return Buffer.concat([transcript(said), subscriberProof]);
}
