export type TransportName = 'udp' | 'tcp' | 'tls' | 'ws' | 'wss';

/**
 * A way to somebody: a connection, or a pair of addresses of UDP. Whoever came by it is reached by it (RFC 5626 §3,
 * RFC 3261 §18.2.2); objects of UDP flows are made as they are needed, and are equal when their `id` is.
 */
export interface Flow {
  readonly transport: TransportName;
  /** Names both ends, for logs, tokens and comparison: 'udp 127.0.0.1:5060 127.0.0.1:32768'. */
  readonly id: string;
  readonly remoteAddress: string;
  readonly remotePort: number;
  /** RFC 3261 §17: whether what is sent arrives; TCP and all above it. */
  readonly isReliable: boolean;
  /** TLS all the way to the other end of the flow. */
  readonly isSecure: boolean;
  /** A connection that is gone. A flow of UDP never is. */
  readonly isClosed: boolean;
  /** What stands in our Via for it: 'host:port' that a response can be sent to. */
  readonly sentBy: string;
  /** Names that the TLS client's certificate proves (RFC 5922 §7.1, §7.2); empty where it has shown none. */
  readonly peerNames: readonly string[];
  /** How long an answer may be to a request that proves nothing, where anybody can write any sender. Unset: any length. */
  readonly maxUnprovenBytes?: number | undefined;
  /** Sends a whole message: a byte string. What cannot be sent closes the flow, and those who listen are told. */
  send(message: string): void;
  /** Calls `run` once the connection is gone (never, for UDP). @returns how to stop listening */
  onClose(run: () => void): () => void;
  close(): void;
}

/** Where a request is to be sent: what a URI stands for once it has been looked up (RFC 3263). */
export interface Target {
  readonly transport: TransportName;
  /** An IP address. */
  readonly address: string;
  readonly port: number;
  /** The domain that the certificate has to show, for TLS (RFC 5922 §7.3). */
  readonly domain: string;
}
