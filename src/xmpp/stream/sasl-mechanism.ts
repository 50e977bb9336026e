/** What the files of the single SASL mechanisms share: what they know, and what they say. */
import type { Credentials } from '#keys/credentials.ts';

/** What a stream knows when somebody signs in on it. */
export interface SaslContext {
  /** The domain that the stream is for, prepared. */
  readonly domain: string;
  /** Undefined while the stream is not encrypted. */
  readonly tls: TlsContext | undefined;
  /** The mechanisms that the settings allow, without regard to this stream; SCRAM without -PLUS stands for both. */
  readonly allowed: readonly string[];
  /** Whether the settings let people sign in without TLS (by SCRAM alone). */
  readonly withoutTls: boolean;
  /** Whether the server tells in SCRAM what it has offered (XEP-0474). */
  readonly downgradeProtection: boolean;
  /** On a stream between servers: the domain that the peer says it is, prepared. */
  readonly peerDomain?: string;
  /** For tests: the server's part of SCRAM's nonce, printable ASCII without a comma. */
  readonly nonce?: () => string;
}

export interface TlsContext {
  /** What each type of channel binding gives on this connection (RFC 5056), by its registered name. */
  readonly channelBindings: ReadonlyMap<string, () => Uint8Array>;
  /** What the peer's certificate says of who it is; undefined when there is none, or one that is not trusted. */
  readonly certificate?: CertificateIdentities | undefined;
}

/** The names in a certificate's subjectAltName that concern XMPP. RFC 6120 §13.7.1. */
export interface CertificateIdentities {
  /** id-on-xmppAddr, as written. */
  readonly xmppAddrs: readonly string[];
  /** dNSName; may begin with a wildcard. */
  readonly dnsNames: readonly string[];
  /** SRVName (RFC 4985), with the service: `_xmpp-server.example.org`. */
  readonly srvNames: readonly string[];
}

/** An account as the store has it, or something that looks the same where there is none. */
export interface SaslAccount {
  readonly known: boolean;
  readonly enabled: boolean;
  /** Whether it is Unified CM that says who may use it. */
  readonly isEndUser?: boolean;
  readonly credentials: Credentials;
}

/**
 * Where a mechanism stands: what it says or needs, and how it goes on. It takes bytes and answers, and does nothing by
 * itself. What goes wrong is thrown as a SaslFailure.
 */
export type MechanismStep =
  | { readonly challenge: Uint8Array; readonly next: Respond }
  | { readonly need: 'credentials'; readonly address: string; readonly next: (account: SaslAccount) => MechanismStep }
  | {
      readonly need: 'verification';
      readonly credentials: Credentials;
      readonly password: string;
      readonly next: (matches: boolean) => MechanismStep;
    }
  | { readonly success: SaslSuccess; readonly additional?: Uint8Array };

export type Respond = (response: Uint8Array) => MechanismStep;

export interface SaslSuccess {
  /** Who has signed in: 'local@domain', or the domain of a server. */
  readonly address: string;
}
