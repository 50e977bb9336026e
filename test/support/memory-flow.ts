import type { Flow, TransportName } from '../../src/sip/transport/flow.ts';

/** A flow that keeps what is sent over it. */
export class MemoryFlow implements Flow {
  readonly transport: TransportName;
  readonly id: string;
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly isReliable: boolean;
  readonly isSecure: boolean;
  readonly sentBy = 'server.example.test:5060';
  readonly peerNames: readonly string[] = [];
  isClosed = false;
  /** Whole messages, in order. */
  readonly sent: string[];
  #onClose = new Set<() => void>();

  constructor(transport: TransportName = 'udp', remoteAddress = '192.0.2.1', remotePort = 5070, sent: string[] = []) {
    this.sent = sent;
    this.transport = transport;
    this.remoteAddress = remoteAddress;
    this.remotePort = remotePort;
    this.id = `${transport} ${this.sentBy} ${remoteAddress}:${remotePort}`;
    this.isReliable = transport !== 'udp';
    this.isSecure = transport === 'tls' || transport === 'wss';
  }

  send(message: string): void {
    this.sent.push(message);
  }

  /** What has been sent since the last call. */
  take(): string[] {
    return this.sent.splice(0);
  }

  onClose(run: () => void): () => void {
    this.#onClose.add(run);
    return () => this.#onClose.delete(run);
  }

  close(): void {
    this.isClosed = true;
    for (const run of [...this.#onClose]) run();
  }
}
