import type { SipEdge } from '../../edge.ts';
import type { Flow, Target } from '../../transport/flow.ts';
import { MAX_UDP_REQUEST_BYTES } from '../../transport/udp.ts';
import { parseUri } from '../../wire/sip-uri.ts';

/**
 * The flows on which a next hop may be reached, one after the other, each opened only when it is asked for (RFC 3263
 * §4.3).
 * @param bytes  of the request: a large one does not go over UDP, where there is a choice (RFC 3261 §18.1.1)
 */
export async function* ways(edge: SipEdge, uri: string, bytes: number): AsyncGenerator<Flow, void> {
  const parsed = parseUri(uri);
  const mayChoose = !parsed.params.has('transport');
  for (const target of await edge.transports.locate(parsed)) {
    const isLarge = target.transport === 'udp' && bytes > MAX_UDP_REQUEST_BYTES && mayChoose;
    const flow = (isLarge && (await open(edge, { ...target, transport: 'tcp' }))) || (await open(edge, target));
    if (flow !== undefined) yield flow;
  }
}

async function open(edge: SipEdge, target: Target): Promise<Flow | undefined> {
  try {
    return await edge.transports.flowTo(target);
  } catch {
    return undefined;
  }
}
