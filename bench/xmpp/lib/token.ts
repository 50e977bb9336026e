/**
 * The tracer that every measured stanza carries in its text, and the scanner
 * that finds tracers in received bytes without parsing XML.
 *
 *   [bt:SSSSS:NNNNNNNN:TTTTTTTTTTTTT]
 *       |     |        send time, microseconds since the tool started
 *       |     sequence number of that sender, from 1
 *       index of the sender
 *
 * It is of fixed width and needs no XML escaping, so that any conforming
 * server hands it on byte for byte.
 */
import { performance } from 'node:perf_hooks';

const MARK = '[bt:';
const SENDER_AT = MARK.length;
const SENDER_DIGITS = 5;
const SEQ_AT = SENDER_AT + SENDER_DIGITS + 1;
const SEQ_DIGITS = 8;
const TIME_AT = SEQ_AT + SEQ_DIGITS + 1;
const TIME_DIGITS = 13;
export const TOKEN_LENGTH = TIME_AT + TIME_DIGITS + 1;

export const MAX_SENDERS = 10 ** SENDER_DIGITS;

/** Microseconds since the tool started. */
export function nowMicros(): number {
  return Math.floor(performance.now() * 1000);
}

export function makeToken(sender: number, seq: number, micros: number): string {
  return `${tokenPrefix(sender, seq)}${String(micros).padStart(TIME_DIGITS, '0')}]`;
}

/** The part of a tracer that tells which message it is, whenever it was sent. */
export function tokenPrefix(sender: number, seq: number): string {
  return `${MARK}${String(sender).padStart(SENDER_DIGITS, '0')}:${String(seq).padStart(SEQ_DIGITS, '0')}:`;
}

function digits(text: string, at: number, count: number): number {
  let value = 0;
  for (let i = at; i < at + count; i++) value = value * 10 + (text.charCodeAt(i) - 48);
  return value;
}

export type TokenSink = (sender: number, seq: number, micros: number) => void;

/** Finds the tracers in one connection's byte stream, across read boundaries. */
export class TokenScanner {
  #tail = '';
  #sink: TokenSink;

  constructor(sink: TokenSink) {
    this.#sink = sink;
  }

  push(chunk: string): void {
    const text = this.#tail === '' ? chunk : this.#tail + chunk;
    let from = 0;
    for (;;) {
      const at = text.indexOf(MARK, from);
      if (at < 0) {
        // The mark itself may be cut in two.
        const last = text.lastIndexOf('[');
        this.#tail = last >= from && last > text.length - MARK.length ? text.slice(last) : '';
        return;
      }
      if (at + TOKEN_LENGTH > text.length) {
        this.#tail = text.slice(at);
        return;
      }
      this.#sink(
        digits(text, at + SENDER_AT, SENDER_DIGITS),
        digits(text, at + SEQ_AT, SEQ_DIGITS),
        digits(text, at + TIME_AT, TIME_DIGITS),
      );
      from = at + TOKEN_LENGTH;
    }
  }
}
