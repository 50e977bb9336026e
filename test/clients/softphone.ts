import type { ServerUnderTest } from '../support/server-under-test.ts';

export type Transport = 'udp' | 'tcp' | 'tls';

export interface SoftphoneOptions {
  transport: Transport;
  /** Names whose presence it asks for. */
  contacts?: readonly string[];
  /** Takes calls by itself. */
  answers?: boolean;
}

/** What both softphones are for the tests: a person's SIP client that is worked from outside. */
export interface Softphone {
  /** Starts and registers; resolves when it says that it is registered. */
  signIn(): Promise<void>;
  /** To its only contact, or to whom it was started for. */
  message(to: string, text: string): void;
  expectMessage(from: string, text: string): Promise<void>;
  /** A message was not taken. */
  expectRefusal(): Promise<void>;
  expectPresence(contact: string, presence: 'Online' | 'Offline'): Promise<void>;
  /** Leaves in good order; `signIn` starts it again. */
  quit(): Promise<void>;
  /** Ends it in any case, and removes what it stored. */
  remove(): Promise<void>;
}

/** Where a client finds the server. */
export function serverUri({ host, ports }: ServerUnderTest, transport: Transport): string {
  return `sip:${host}:${transport === 'tls' ? ports.sipTls : ports.sip};transport=${transport}`;
}

/** A pattern: the URI of a person, or of one of that person's devices (RFC 7572 §4, RFC 7247 §4.4: gr). */
export function uriOf(address: string): string {
  return `sip:${escaped(address)}(?:;gr=[^\\s:;]+)?`;
}

export function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
