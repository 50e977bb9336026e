import type { Flow, TransportName } from '../transport/flow.ts';
import type { OutgoingRequest } from '../wire/message.ts';

/** RFC 3261 §20.42, RFC 7118 §5.2. */
const TRANSPORTS: Record<TransportName, string> = { udp: 'UDP', tcp: 'TCP', tls: 'TLS', ws: 'WS', wss: 'WSS' };

/** A request of ours with its Via (RFC 3261 §18.1.1; rport: RFC 3581 §3). */
export function requestText({ method, uri, head, body }: OutgoingRequest, flow: Flow, branch: string): string {
  const via = `Via: SIP/2.0/${TRANSPORTS[flow.transport]} ${flow.sentBy};rport;branch=${branch}\r\n`;
  return `${method} ${uri} SIP/2.0\r\n${via}${head}Content-Length: ${body.length}\r\n\r\n${body}`;
}

/** The ACK to a final response that is not 2xx (RFC 3261 §17.1.1.3). @param to the response's */
export function acknowledgement(invite: OutgoingRequest, to: string): OutgoingRequest {
  return { method: 'ACK', uri: invite.uri, head: `${sameHead(invite, 'ACK')}To: ${to}\r\n`, body: '' };
}

/** The CANCEL of an INVITE (RFC 3261 §9.1). */
export function cancellation(invite: OutgoingRequest): OutgoingRequest {
  const to = linesOf(invite.head, ['to']);
  return { method: 'CANCEL', uri: invite.uri, head: `${sameHead(invite, 'CANCEL')}${to}`, body: '' };
}

function sameHead({ head }: OutgoingRequest, method: string): string {
  const number = /^cseq[ \t]*:[ \t]*([0-9]+)/im.exec(head)?.[1] ?? '1';
  const same = linesOf(head, ['route', 'from', 'call-id']);
  return `${same}Max-Forwards: 70\r\nCSeq: ${number} ${method}\r\n`;
}

function linesOf(head: string, names: readonly string[]): string {
  return head
    .split('\r\n')
    .filter((line) => names.includes(line.slice(0, line.indexOf(':')).trimEnd().toLowerCase()))
    .map((line) => `${line}\r\n`)
    .join('');
}
