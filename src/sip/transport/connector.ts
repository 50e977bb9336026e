import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { connect as connectTls, type PeerCertificate, type TLSSocket } from 'node:tls';
import { SipError } from '../wire/sip-error.ts';
import { hostPort } from './addresses.ts';
import type { Connections } from './connections.ts';
import type { TransportContext } from './context.ts';
import type { Flow, Target } from './flow.ts';
import { isServerFor } from './peer-names.ts';
import { StreamConnection } from './stream-connection.ts';
import { namesOf } from './tls-acceptor.ts';
import type { TlsContexts } from './tls-contexts.ts';

/** Opens connections: to one place one at a time, which all who want to go there share. */
export class Connector {
  readonly #context: TransportContext;
  readonly #connections: Connections;
  readonly #tls: TlsContexts;
  readonly #pending = new Map<string, { socket: Socket; flow: Promise<Flow> }>();

  constructor(context: TransportContext, connections: Connections, tls: TlsContexts) {
    this.#context = context;
    this.#connections = connections;
    this.#tls = tls;
  }

  /** @throws {SipError} 503 where nobody answers there, or somebody else than was asked for */
  connect(target: Target): Promise<Flow> {
    const key = `${target.transport} ${target.address} ${target.port} ${target.domain}`;
    const pending = this.#pending.get(key);
    if (pending !== undefined) return pending.flow;
    if (this.#connections.size + this.#pending.size >= this.#context.limits.maxConnections) {
      return Promise.reject(new SipError(503, 'Too Many Connections'));
    }
    const socket = target.transport === 'tls' ? this.#openTls(target) : this.#openTcp(target);
    const flow = this.#opened(socket, target).finally(() => this.#pending.delete(key));
    this.#pending.set(key, { socket, flow });
    return flow;
  }

  stop(): void {
    for (const { socket } of this.#pending.values()) socket.destroy();
  }

  #openTcp({ address, port }: Target): Socket {
    return connectTcp({ host: address, port, allowHalfOpen: true });
  }

  /** RFC 5922 §7.3. We show our own certificate where it is asked for (§7.4). */
  #openTls({ address, port, domain }: Target): TLSSocket {
    const { verifyServers, trustedServers } = this.#context.listeners;
    return connectTls({
      host: address,
      port,
      ...(isIP(domain) === 0 && { servername: domain }),
      secureContext: this.#tls.for(undefined, trustedServers).context,
      rejectUnauthorized: verifyServers,
      checkServerIdentity: (_host, certificate) => identityFault(domain, certificate),
    });
  }

  #opened(socket: Socket, target: Target): Promise<Flow> {
    const { clock, limits, figures, log } = this.#context;
    const { transport, address, port } = target;
    const isTls = transport === 'tls';
    return new Promise<Flow>((resolve, reject) => {
      const fail = (err: Error): void => {
        cancel();
        socket.destroy();
        figures.connects.of('failed').add(1);
        log.info({ err, peer: hostPort(address, port), transport }, 'a connection could not be opened');
        reject(new SipError(503, 'Next Hop Not Reachable'));
      };
      const close = (): void => fail(new Error('closed before it was open'));
      const cancel = clock.after(limits.connectSeconds * 1000, () => fail(new Error('no answer in time')));
      socket.once('error', fail).once('close', close);
      socket.once(isTls ? 'secureConnect' : 'connect', () => {
        cancel();
        socket.off('close', close);
        figures.connects.of('opened').add(1);
        const flow = new StreamConnection(this.#context, this.#connections, isTls ? 'tls' : 'tcp', socket, true);
        socket.off('error', fail);
        if (isTls && (socket as TLSSocket).authorized) flow.peerNames = namesOf(socket as TLSSocket);
        this.#connections.add(flow);
        resolve(flow);
      });
    });
  }
}

/** In place of Node's own check, which lets wildcards in. */
function identityFault(domain: string, { subject, subjectaltname }: PeerCertificate): Error | undefined {
  const commonName = subject.CN;
  const names = { subjectAltName: subjectaltname, commonName: Array.isArray(commonName) ? undefined : commonName };
  return isServerFor(domain, names) ? undefined : new Error(`the certificate is not for ${domain}`);
}
