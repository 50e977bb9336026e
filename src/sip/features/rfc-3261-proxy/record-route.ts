import type { Flow } from '../../transport/flow.ts';
import type { SipRequest } from '../../wire/message.ts';
import type { FlowTokens } from './flow-tokens.ts';

/** Methods that begin dialogs (RFC 3261 §12, RFC 3515 §2.4.6, RFC 6665 §4.4.1). */
const DIALOGS = new Set(['INVITE', 'SUBSCRIBE', 'REFER', 'NOTIFY']);

/**
 * RFC 3261 §16.6 step 4, with a hop of ours for either side (RFC 5658 §4, RFC 5626 §5.2): each names the flow to its
 * side, so that requests of the dialog find it whatever addresses the ends believe that they have.
 * @param domain stands for us where an address and a port do not: nobody opens a WebSocket to them
 */
export function recordRoute(request: SipRequest, from: Flow, to: Flow, tokens: FlowTokens, domain: string): string {
  if (!DIALOGS.has(request.method)) return '';
  const { callId } = request;
  const there = hop(to, tokens.write(to.id, callId), domain);
  const here = hop(from, tokens.write(comesBack(request, from) ? from.id : '', callId), domain);
  return `Record-Route: <${there}>\r\nRecord-Route: <${here}>\r\n`;
}

/** Over UDP, who does not ask for responses at the port that a request came from may not listen there (RFC 3581 §3). */
function comesBack(request: SipRequest, from: Flow): boolean {
  return from.transport !== 'udp' || request.via.rport !== undefined || request.via.port === from.remotePort;
}

function hop({ transport, sentBy }: Flow, token: string, domain: string): string {
  const host = transport === 'ws' || transport === 'wss' ? domain : sentBy;
  return `sip:${token}@${host};transport=${transport === 'wss' ? 'ws' : transport};lr`;
}
