import type { Flow } from '../transport/flow.ts';
import { stamp } from '../transport/response-routing.ts';
import { restOfVia } from '../wire/header-via.ts';
import type { SipRequest } from '../wire/message.ts';
import { reasonPhrases } from '../wire/reason-phrases.ts';
import type { ResponseOptions } from './transaction.ts';

/**
 * Writes a response of ours (RFC 3261 §8.2.6): what has to be echoed is echoed byte for byte.
 * @param toTag where the request has none; '' for a 100
 */
export function responseText(
  request: SipRequest,
  flow: Flow,
  status: number,
  toTag: string,
  { reason, head = '', body = '' }: ResponseOptions,
): string {
  const echoed = echo(request, flow, toTag, makesDialog(request, status));
  const phrase = reason ?? reasonPhrases[status] ?? 'Other';
  return `SIP/2.0 ${status} ${phrase}\r\n${echoed}${head}Content-Length: ${body.length}\r\n\r\n${body}`;
}

/** RFC 3261 §12.1.1: such a response has the request's Record-Route, for the dialog's route set. */
function makesDialog({ method }: SipRequest, status: number): boolean {
  return status > 100 && status < 300 && (method === 'INVITE' || method === 'SUBSCRIBE' || method === 'REFER');
}

function echo(request: SipRequest, flow: Flow, toTag: string, withRoute: boolean): string {
  const { headers } = request;
  let text = '';
  let isTop = true;
  for (let i = 0; i < headers.length; i += 2) {
    const value = headers[i + 1]!;
    switch (headers[i]) {
      case 'via':
        text += `Via: ${isTop ? stampedLine(request, value, flow) : value}\r\n`;
        isTop = false;
        break;
      case 'from':
        text += `From: ${value}\r\n`;
        break;
      case 'to':
        text += toTag === '' || hasTag(request) ? `To: ${value}\r\n` : `To: ${value};tag=${toTag}\r\n`;
        break;
      case 'call-id':
        text += `Call-ID: ${value}\r\n`;
        break;
      case 'cseq':
        text += `CSeq: ${value}\r\n`;
        break;
      case 'record-route':
        if (withRoute) text += `Record-Route: ${value}\r\n`;
        break;
      case 'timestamp':
        text += `Timestamp: ${value}\r\n`;
        break;
    }
  }
  return text;
}

/** A To that cannot be read is sent back as it is. */
export function hasTag(request: SipRequest): boolean {
  try {
    return request.to.tag !== '';
  } catch {
    return true;
  }
}

/** The topmost Via line with where its first hop came from (RFC 3261 §18.2.1, RFC 3581 §4); as it is, if it is none. */
export function stampedLine(request: SipRequest, line: string, flow: Flow): string {
  try {
    const stamped = stamp(request, flow);
    const rest = line.includes(',') ? restOfVia(line) : '';
    return rest === '' ? stamped : `${stamped}, ${rest}`;
  } catch {
    return line;
  }
}
