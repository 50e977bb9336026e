import { parseDigestParams } from '../../authentication/auth-params.ts';
import { stampedLine } from '../../transaction/response-text.ts';
import type { Flow } from '../../transport/flow.ts';
import { readText } from '../../wire/byte-string.ts';
import { parseNameAddress } from '../../wire/header-name-address.ts';
import { spelledName } from '../../wire/header-names.ts';
import type { OutgoingRequest, SipRequest } from '../../wire/message.ts';
import { parseUri } from '../../wire/sip-uri.ts';

/** What of a request is the same for all to whom it is passed on. */
export interface Copied {
  readonly method: string;
  /** Those of the hops before, each line ended by CRLF: next to ours, for people who read along. */
  readonly vias: string;
  /** All other header lines, each ended by CRLF, without Route. */
  readonly head: string;
  readonly body: string;
}

export interface CopyOptions {
  /** The flow that the request came over. */
  readonly flow: Flow;
  readonly maxForwards: number;
  /** Realms whose credentials were for us (RFC 3261 §22.3). */
  readonly realms: ReadonlySet<string>;
  /** RFC 3325 §5: who asserts an identity has to be trusted to. */
  readonly isTrusted: boolean;
}

/** RFC 3261 §16.6 steps 1 and 3: all headers go on as they came, but for those that are between two hops. */
export function copy(request: SipRequest, options: CopyOptions): Copied {
  const { headers, method, body } = request;
  let vias = '';
  let head = `Max-Forwards: ${options.maxForwards}\r\n`;
  for (let i = 0; i < headers.length; i += 2) {
    const name = headers[i]!;
    const value = headers[i + 1]!;
    if (isOfTheHop(name, value, options)) continue;
    if (name !== 'via') head += `${spelledName(name)}: ${value}\r\n`;
    else vias += `Via: ${vias === '' ? stampedLine(request, value, options.flow) : value}\r\n`;
  }
  return { method, vias, head, body };
}

function isOfTheHop(name: string, value: string, { realms, isTrusted }: CopyOptions): boolean {
  switch (name) {
    case 'route':
    case 'max-forwards':
    case 'max-breadth':
    case 'content-length':
      return true;
    // Ours is taken from either header; whoever is called could try passwords on it.
    case 'authorization':
    case 'proxy-authorization':
      return realms.has(readText(parseDigestParams(value)?.realm ?? ''));
    case 'p-asserted-identity':
    // The same before RFC 3325: phones show it as who calls.
    case 'remote-party-id':
      return !isTrusted;
    default:
      return false;
  }
}

/** What our Via, Record-Route and Route come to, about. */
const OWN_BYTES = 500;

/** How large a copy will be, about (RFC 3261 §18.1.1). */
export function bytesOf({ vias, head, body }: Copied): number {
  return OWN_BYTES + vias.length + head.length + body.length;
}

/** Where a copy goes. */
export interface NextHop {
  readonly uri: string;
  /** Values of Route. */
  readonly routes: readonly string[];
}

/**
 * RFC 3261 §16.6 steps 2, 4 and 6.
 * @param lines further header lines of ours (Record-Route, Max-Breadth), each ended by CRLF
 */
export function outgoing({ method, vias, head, body }: Copied, hop: NextHop, lines: string): OutgoingRequest {
  const { uri, routes } = forStrictRouter(hop);
  const route = routes.map((value) => `Route: ${value}\r\n`).join('');
  return { method, uri, head: vias + route + lines + head, body };
}

/** RFC 3261 §16.6 step 7: the URI of where the request is sent. */
export function nextHopOf(hop: NextHop): string {
  const [first] = forStrictRouter(hop).routes;
  const isStrict = hop.routes.length > 0 && !isLoose(hop.routes[0]!);
  return first === undefined || isStrict ? forStrictRouter(hop).uri : parseNameAddress(first, 'Route').uri;
}

/** A hop that knows no loose routing gets itself as Request-URI, and that at the end of Route. */
function forStrictRouter(hop: NextHop): NextHop {
  const { uri, routes } = hop;
  const [first] = routes;
  if (first === undefined || isLoose(first)) return hop;
  return { uri: parseNameAddress(first, 'Route').uri, routes: [...routes.slice(1), `<${uri}>`] };
}

function isLoose(route: string): boolean {
  return parseUri(parseNameAddress(route, 'Route').uri).params.has('lr');
}
