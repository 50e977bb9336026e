import type { Registration } from '../../bindings.ts';
import type { SipDevice } from '../../device.ts';
import type { SipEdge } from '../../edge.ts';
import { reach } from '../../reach.ts';
import type { Flow } from '../../transport/flow.ts';
import { MAX_UDP_REQUEST_BYTES } from '../../transport/udp.ts';
import { bareHost } from '../../wire/host-port.ts';
import type { OutgoingRequest } from '../../wire/message.ts';

/** The start line, Via and Content-Length, about. */
const REST_BYTES = 200;
/** For a connection to a client that may have no use for one. */
const PATIENCE_MS = 2000;

/**
 * The way of messages to a binding. What is large goes over TCP, as far as that leads there (RFC 3261 §18.1.1, RFC 3428
 * §8); where it does not, over UDP all the same.
 * COMPAT(linphone 5.1, baresip 1.0, UDP): their Contact says UDP and nothing else, or nobody listens there on TCP.
 */
export class Way {
  readonly #edge: SipEdge;
  readonly #device: SipDevice;
  /** What was registered when TCP was tried in vain. */
  #withoutTcp: Registration | undefined;
  #isOverTcp = false;

  constructor(edge: SipEdge, device: SipDevice) {
    this.#edge = edge;
    this.#device = device;
  }

  to(out: OutgoingRequest): Flow | Promise<Flow> {
    const { flow, uri, route } = this.#device;
    this.#isOverTcp = false;
    const found = reach(this.#edge, flow, uri, route);
    if (out.head.length + out.body.length + uri.length + REST_BYTES <= MAX_UDP_REQUEST_BYTES) return found;
    return found instanceof Promise ? found.then((one) => this.#forLarge(one)) : this.#forLarge(found);
  }

  /** Nothing was heard. @returns whether there is another way now */
  failed(): boolean {
    if (!this.#isOverTcp) return false;
    this.#withoutTcp = this.#device.target?.said;
    return true;
  }

  #forLarge(flow: Flow): Flow | Promise<Flow> {
    const said = this.#device.target?.said;
    if (flow.transport !== 'udp' || said === undefined || said === this.#withoutTcp) return flow;
    const { host, params } = said.parsed;
    // It asks for UDP, or is behind a NAT that lets nobody in.
    if (params.has('transport') || bareHost(host) !== flow.remoteAddress) return flow;
    return this.#overTcp(flow).then(
      (tcp) => {
        this.#isOverTcp = true;
        return tcp;
      },
      () => {
        this.#withoutTcp = said;
        return flow;
      },
    );
  }

  async #overTcp({ remoteAddress: address, remotePort: port }: Flow): Promise<Flow> {
    const { promise: late, reject } = Promise.withResolvers<never>();
    const stop = this.#edge.clock.after(PATIENCE_MS, () => reject(new Error('no connection in time')));
    try {
      return await Promise.race([this.#edge.transports.flowTo({ transport: 'tcp', address, port, domain: '' }), late]);
    } finally {
      stop();
    }
  }
}
