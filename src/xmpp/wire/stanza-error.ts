import { type Element, element } from '#xml/element.ts';
import { NS_CLIENT, NS_STANZA_ERRORS } from './namespaces.ts';

/** RFC 6120 §8.3.2. */
export type StanzaErrorType = 'auth' | 'cancel' | 'continue' | 'modify' | 'wait';

/** RFC 6120 §8.3.3, each with the type that the RFC gives it. */
const DEFAULT_TYPES = {
  'bad-request': 'modify',
  conflict: 'cancel',
  'feature-not-implemented': 'cancel',
  forbidden: 'auth',
  gone: 'cancel',
  'internal-server-error': 'cancel',
  'item-not-found': 'cancel',
  'jid-malformed': 'modify',
  'not-acceptable': 'modify',
  'not-allowed': 'cancel',
  'not-authorized': 'auth',
  'policy-violation': 'modify',
  'recipient-unavailable': 'wait',
  redirect: 'modify',
  'registration-required': 'auth',
  'remote-server-not-found': 'cancel',
  'remote-server-timeout': 'wait',
  'resource-constraint': 'wait',
  'service-unavailable': 'cancel',
  'subscription-required': 'auth',
  'undefined-condition': 'cancel',
  'unexpected-request': 'wait',
} as const satisfies Record<string, StanzaErrorType>;

export type StanzaErrorCondition = keyof typeof DEFAULT_TYPES;

export interface StanzaErrorDetails {
  type?: StanzaErrorType;
  /** For a person; says what to do next. */
  text?: string;
  /** An element that says more than the condition. */
  application?: Element;
  /** The number of old that some specifications still ask for (XEP-0086). */
  code?: number;
}

/** Thrown by whoever cannot carry out a stanza; the router alone makes the answer of it. */
export class StanzaError extends Error {
  readonly condition: StanzaErrorCondition;
  readonly type: StanzaErrorType;
  readonly details: StanzaErrorDetails;

  constructor(condition: StanzaErrorCondition, details: StanzaErrorDetails = {}) {
    super(details.text === undefined ? condition : `${condition}: ${details.text}`);
    this.condition = condition;
    this.type = details.type ?? DEFAULT_TYPES[condition];
    this.details = details;
  }

  /** @param by who says so, where that is not the addressee itself (RFC 6120 §8.3.1) */
  toElement(by?: string): Element {
    const { text, application, code } = this.details;
    return element(
      'error',
      NS_CLIENT,
      { type: this.type, by, code: code?.toString() },
      element(this.condition, NS_STANZA_ERRORS),
      text === undefined ? undefined : element('text', NS_STANZA_ERRORS, { 'xml:lang': 'en' }, text),
      application,
    );
  }
}

/**
 * The error stanza that answers a stanza: same kind and id, addresses exchanged (RFC 6120 §8.3.1). The payload is not
 * sent back, except that of an IQ where a reader would otherwise not know what failed is left to the client's memory.
 */
export function errorReply(stanza: Element, error: StanzaError, from?: string): Element {
  const { to, from: sender, id, 'xml:lang': lang } = stanza.attributes;
  return element(
    stanza.name,
    NS_CLIENT,
    { type: 'error', from: from ?? to, to: sender, id, 'xml:lang': lang },
    error.toElement(),
  );
}
