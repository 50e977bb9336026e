/** Where the publisher takes nodes that join. It listens only while there are subscribers, and a security password. */
import type { AddressInfo, Socket } from 'node:net';
import { createServer, type Server, type TLSSocket } from 'node:tls';
import { listenFailure } from '#base/listen-failure.ts';
import { type ClusterFiles, NODE_CERTIFICATE, NODE_KEY } from './cluster-files.ts';
import { JoinChannel } from './join-channel.ts';
import { type JoinServices, serveNode } from './joining.ts';

const HANDSHAKE_MS = 10_000;
const REFRESH_MS = 86_400_000;
const MAX_CONNECTIONS = 64;
const MAX_CONNECTIONS_PER_ADDRESS = 4;

export interface JoinListenerOptions extends Omit<JoinServices, 'authority'> {
  files: ClusterFiles;
  /** Whose cluster it is. */
  domain: string;
  host: string;
  /** With the offset already added; 0 lets the system choose, undefined never opens it. */
  port: number | undefined;
}

export class JoinListener {
  readonly #options: JoinListenerOptions;
  readonly #withdraw: () => void;
  readonly #connections = new Set<Socket>();
  readonly #byAddress = new Map<string, number>();
  #server: Server | undefined;
  #problem: string | undefined;
  #updating: Promise<void> = Promise.resolve();

  /** Opens the port where that is due, now and after each change of the topology. */
  static async start(options: JoinListenerOptions): Promise<JoinListener> {
    const listener = new JoinListener(options);
    await listener.update();
    return listener;
  }

  private constructor(options: JoinListenerOptions) {
    this.#options = options;
    this.#withdraw = options.topology.onChange(() => void this.update());
  }

  /** 0 while it is closed. */
  get port(): number {
    return (this.#server?.address() as AddressInfo | null | undefined)?.port ?? 0;
  }

  /** Why it is closed though it should be open. */
  get problem(): string | undefined {
    return this.#problem;
  }

  /** Opens or closes the port as is due now. Does not throw: `problem` tells. */
  update(): Promise<void> {
    this.#updating = this.#updating.then(async () => {
      try {
        const isDue = await this.#isDue();
        if (isDue && this.#server === undefined) await this.#open();
        else if (!isDue) await this.#close();
        this.#problem = undefined;
      } catch (err) {
        this.#problem = (err as Error).message;
        this.#options.log.error({ err }, 'the port for nodes that join could not be opened');
      }
    });
    return this.#updating;
  }

  async stop(): Promise<void> {
    this.#withdraw();
    await this.#updating;
    await this.#close();
  }

  async #isDue(): Promise<boolean> {
    if (this.#options.port === undefined) return false;
    const { nodes } = await this.#options.topology.show();
    return nodes.some(({ role }) => role === 'subscriber') && (await this.#options.password.key()) !== undefined;
  }

  async #open(): Promise<void> {
    const { host, port, clock, log } = this.#options;
    const identity = await this.#identity();
    const server = createServer({
      ...identity.tls,
      minVersion: 'TLSv1.3',
      // A node that joins has none yet; one that renews shows its own, and is looked at by `serveNode`.
      requestCert: true,
      rejectUnauthorized: false,
      handshakeTimeout: HANDSHAKE_MS,
    });
    server.maxConnections = MAX_CONNECTIONS;
    server.on('connection', (socket) => this.#count(socket));
    server.on('tlsClientError', (error) => log.debug({ err: error }, 'a handshake of a node failed'));
    server.on('secureConnection', (socket: TLSSocket) => {
      void serveNode(new JoinChannel(socket), { ...this.#options, authority: identity.authority });
    });
    await listen(server, host, port ?? 0);
    this.#server = server;
    // Its own certificate ends as those of the others do.
    const stopRefreshing = clock.every(REFRESH_MS, () => void this.#refresh(server));
    server.once('close', stopRefreshing);
    log.info({ port: this.port }, 'nodes may join now');
  }

  /** The authority, and a fresh certificate of the publisher from it. */
  async #identity() {
    const { files, domain, clock, topology } = this.#options;
    // Loaded only where nodes join: a server by itself is the smaller for it.
    const { Authority, certificateRequest } = await import('./authority.ts');
    const authority = await Authority.open(files, domain, clock.now());
    const { nodes } = await topology.show();
    const publisher = nodes.find(({ role }) => role === 'publisher')!.name;
    const { certificate } = await authority.issue(await certificateRequest(files, publisher), publisher, clock.now());
    files.replace(NODE_CERTIFICATE, certificate);
    return { authority, tls: { key: files.read(NODE_KEY), cert: certificate, ca: authority.certificate } };
  }

  async #refresh(server: Server): Promise<void> {
    try {
      server.setSecureContext({ ...(await this.#identity()).tls, minVersion: 'TLSv1.3' });
    } catch (err) {
      this.#options.log.error(
        { err },
        'the certificate of the publisher could not be renewed; it is tried again in a day',
      );
    }
  }

  async #close(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (server === undefined) return;
    // A node that is being served has a few seconds at most; it may begin again.
    for (const socket of this.#connections) socket.destroy();
    await new Promise<void>((resolve) => server.close(() => resolve()));
  }

  #count(socket: Socket): void {
    const address = socket.remoteAddress ?? '';
    const already = this.#byAddress.get(address) ?? 0;
    if (already >= MAX_CONNECTIONS_PER_ADDRESS) {
      socket.destroy();
      return;
    }
    this.#byAddress.set(address, already + 1);
    this.#connections.add(socket);
    socket.once('close', () => {
      this.#connections.delete(socket);
      const left = this.#byAddress.get(address)! - 1;
      if (left > 0) this.#byAddress.set(address, left);
      else this.#byAddress.delete(address);
    });
  }
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error) => reject(listenFailure(error, host, port)));
    server.listen({ host, port }, () => resolve());
  });
}
