import type { ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';

/** How many connections there are, in all and by network address. */
export class ConnectionCount {
  readonly #limits: { readonly maxConnections: number; readonly maxConnectionsPerAddress: number };
  readonly #byAddress = new Map<string, number>();
  readonly #counted = new Map<Duplex, string>();
  /** Responses under way. */
  readonly answering = new Set<ServerResponse>();

  /** @param limits read each time, so that a changed setting holds at once */
  constructor(limits: { readonly maxConnections: number; readonly maxConnectionsPerAddress: number }) {
    this.#limits = limits;
  }

  reasonToRefuse(address: string): 'too-many-connections' | 'too-many-of-address' | undefined {
    if (this.#counted.size >= this.#limits.maxConnections) return 'too-many-connections';
    const ofAddress = this.#byAddress.get(address) ?? 0;
    return ofAddress >= this.#limits.maxConnectionsPerAddress ? 'too-many-of-address' : undefined;
  }

  /** Counts a connection until it is closed, or released before. */
  add(address: string, socket: Duplex): void {
    this.#counted.set(socket, address);
    this.#byAddress.set(address, (this.#byAddress.get(address) ?? 0) + 1);
    socket.once('close', () => this.release(socket));
  }

  /** Remembers a response until it is written, or its connection gone. */
  answers(response: ServerResponse): void {
    this.answering.add(response);
    response.once('close', () => this.answering.delete(response));
  }

  /** Cuts off all that count. */
  destroyAll(): void {
    for (const socket of [...this.#counted.keys()]) socket.destroy();
  }

  release(socket: Duplex): void {
    const address = this.#counted.get(socket);
    if (address === undefined) return;
    this.#counted.delete(socket);
    const left = this.#byAddress.get(address)! - 1;
    if (left > 0) this.#byAddress.set(address, left);
    else this.#byAddress.delete(address);
  }
}
