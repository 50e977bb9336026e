/**
 * Signing in on a stream, the server's side: RFC 6120 §6. An exchange takes what the client sends and answers with what
 * is to be sent or looked up; it opens no socket and reads no table.
 */

import { decodeBase64 } from '#base/base64.ts';
import { type ScramMechanism, scramMechanisms } from '#keys/credentials.ts';
import { external, isExternalPossible } from './sasl-external.ts';
import { type SaslCondition, SaslFailure } from './sasl-failure.ts';
import type { MechanismStep, Respond, SaslAccount, SaslContext, SaslSuccess } from './sasl-mechanism.ts';
import { plain } from './sasl-plain.ts';
import { type Offer, scram } from './sasl-scram.ts';

/** The mechanisms that there are, the best first (RFC 6120 §6.3.3); SCRAM stands for its -PLUS as well. */
export const saslMechanisms = ['EXTERNAL', ...scramMechanisms.toReversed(), 'PLAIN'] as const;

/** Characters of base64 in one message. The longest that means anything holds two addresses and a password. */
const MAX_LENGTH = 8192;

/** What a client sends. */
export type ClientInput =
  /** The character data of `<auth/>`. */
  | { readonly on: 'auth'; readonly text: string }
  /** The character data of `<response/>`. */
  | { readonly on: 'response'; readonly text: string }
  | { readonly on: 'abort' };

export type SaslInput =
  | ClientInput
  /** The answers to what was needed. */
  | { readonly on: 'account'; readonly account: SaslAccount }
  | { readonly on: 'verified'; readonly matches: boolean }
  /** What was needed could not be had, or not now. */
  | { readonly on: 'unavailable'; readonly text?: string };

export type SaslStep =
  | { readonly challenge: Uint8Array }
  | { readonly success: SaslSuccess; readonly additional?: Uint8Array }
  | { readonly failure: SaslCondition; readonly text?: string }
  /** Answered by 'account', also when there is no such account. */
  | { readonly need: 'credentials'; readonly address: string }
  /** Answered by 'verified': whether the password fits the credentials. */
  | {
      readonly need: 'verification';
      readonly credentials: SaslAccount['credentials'];
      readonly password: string;
    };

/** What is offered on a stream, in the order of our preference. On a stream between servers, EXTERNAL alone. */
export function offeredMechanisms(context: SaslContext): string[] {
  const offered: string[] = [];
  for (const name of saslMechanisms) {
    if (!context.allowed.includes(name)) continue;
    if (name === 'EXTERNAL') {
      if (isExternalPossible(context)) offered.push(name);
    } else if (context.peerDomain === undefined) {
      offered.push(...passwordMechanisms(name, context));
    }
  }
  return offered;
}

function passwordMechanisms(name: string, { tls, withoutTls }: SaslContext): string[] {
  if (name === 'PLAIN') return tls === undefined ? [] : [name];
  if (tls === undefined) return withoutTls ? [name] : [];
  return tls.channelBindings.size === 0 ? [name] : [`${name}-PLUS`, name];
}

/** The types of channel binding to announce beside the mechanisms (XEP-0440); none where no mechanism uses one. */
export function offeredBindingTypes(context: SaslContext): string[] {
  const used = offeredMechanisms(context).some((name) => name.endsWith('-PLUS'));
  return used ? [...context.tls!.channelBindings.keys()] : [];
}

/**
 * Begins an exchange, when the client has chosen a mechanism; its first input is 'auth'.
 * @throws {SaslFailure} 'invalid-mechanism', 'encryption-required', 'mechanism-too-weak'
 */
export function startSasl(mechanism: string, context: SaslContext): SaslExchange {
  const offer = { mechanisms: offeredMechanisms(context), bindingTypes: offeredBindingTypes(context) };
  if (!offer.mechanisms.includes(mechanism)) throw whyNot(mechanism, context);
  return new SaslExchange(begin(mechanism, offer, context), mechanism !== 'EXTERNAL');
}

function begin(mechanism: string, offer: Offer, context: SaslContext): Respond {
  if (mechanism === 'EXTERNAL') return external(context);
  if (mechanism === 'PLAIN') return plain(context);
  const plus = mechanism.endsWith('-PLUS');
  const base = plus ? mechanism.slice(0, -'-PLUS'.length) : mechanism;
  return scram(base as ScramMechanism, plus, offer, context);
}

/** Why a mechanism is not offered here (RFC 6120 §6.5.4, §6.5.7, §6.5.9). */
function whyNot(mechanism: string, context: SaslContext): SaslFailure {
  const isPassword = mechanism === 'PLAIN' || scramMechanisms.some((name) => name === mechanism);
  if (!isPassword || context.peerDomain !== undefined) return new SaslFailure('invalid-mechanism');
  const needsTls = mechanism === 'PLAIN' || !context.withoutTls;
  if (needsTls && context.tls === undefined) return new SaslFailure('encryption-required');
  return new SaslFailure('mechanism-too-weak', `${mechanism} is switched off on this server`);
}

export class SaslExchange {
  /** Whether trying again and again could find what the client has to know. */
  readonly isGuessable: boolean;
  #at: MechanismStep | { begin: Respond } | undefined;

  constructor(begin: Respond, isGuessable: boolean) {
    this.#at = { begin };
    this.isGuessable = isGuessable;
  }

  /** Whether it has come to success or failure. */
  get isOver(): boolean {
    return this.#at === undefined;
  }

  /**
   * Goes on by one input. Whatever the client sends gives a step.
   * @throws {Error} when an answer comes that was not asked for, which no client can bring about
   */
  step(input: SaslInput): SaslStep {
    try {
      const step = this.#next(input);
      if ('success' in step) {
        this.#at = undefined;
        return step;
      }
      this.#at = step;
      const { next: _, ...said } = step;
      return said;
    } catch (error) {
      this.#at = undefined;
      if (!(error instanceof SaslFailure)) throw error;
      return { failure: error.condition, ...(error.text !== '' && { text: error.text }) };
    }
  }

  #next(input: SaslInput): MechanismStep {
    const at = this.#at;
    switch (input.on) {
      case 'abort':
        throw new SaslFailure('aborted');
      case 'unavailable':
        throw new SaslFailure('temporary-auth-failure', input.text);
      case 'auth':
        if (at === undefined || !('begin' in at)) throw new SaslFailure('malformed-request', 'auth out of turn');
        // All mechanisms begin with the client; one that has sent nothing yet is asked to (RFC 4422 §3.3).
        if (input.text === '') return { challenge: new Uint8Array(), next: at.begin };
        return at.begin(decode(input.text));
      case 'response':
        if (at === undefined || !('challenge' in at))
          throw new SaslFailure('malformed-request', 'response out of turn');
        return at.next(decode(input.text));
      case 'account':
        if (at !== undefined && 'need' in at && at.need === 'credentials') return at.next(input.account);
        break;
      case 'verified':
        if (at !== undefined && 'need' in at && at.need === 'verification') return at.next(input.matches);
        break;
    }
    throw new Error(`a SASL exchange was told '${input.on}' and had not asked`);
  }
}

/** RFC 6120 §6.4.2: a single equals sign is data of no length. */
function decode(text: string): Uint8Array {
  if (text === '=') return new Uint8Array();
  if (text.length > MAX_LENGTH) throw new SaslFailure('malformed-request', 'too long');
  const bytes = decodeBase64(text);
  if (bytes === undefined) throw new SaslFailure('incorrect-encoding');
  return bytes;
}
