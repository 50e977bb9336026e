import { parseNameAddress } from '../../wire/header-name-address.ts';
import type { SipRequest } from '../../wire/message.ts';
import { parseRequestUri, parseUri, type SipUri, withParam, writeUri } from '../../wire/sip-uri.ts';

/** A request without what in its route was for us (RFC 3261 §16.4). */
export interface Preprocessed {
  /** The Request-URI: a byte string. */
  readonly uri: string;
  /** The hops that are left, as they came. */
  readonly routes: readonly string[];
  /** The user part of the last hop that was ours: a token, where we wrote it; '' for none. */
  readonly token: string;
}

/**
 * @param isOurs whether a hop is this server
 * @throws {SipError} 400 where a Route cannot be read
 */
export function preprocess(request: SipRequest, isOurs: (uri: SipUri) => boolean): Preprocessed {
  const values = request.values('route');
  const strict = fromStrictRouter(request, values, isOurs);
  let token = strict.token;
  let own = 0;
  for (const value of strict.routes) {
    const uri = parseUri(parseNameAddress(value, 'Route').uri);
    if (!isOurs(uri)) break;
    token = uri.user;
    own++;
  }
  return { uri: withoutOurMaddr(strict.uri, isOurs), routes: strict.routes.slice(own), token };
}

/** Who was told to go through us by maddr has done so (RFC 3261 §16.4). */
function withoutOurMaddr(text: string, isOurs: (uri: SipUri) => boolean): string {
  if (!text.includes('maddr')) return text;
  const uri = parseRequestUri(text);
  const maddr = uri.params.get('maddr');
  if (maddr === undefined || !isOurs({ ...uri, user: '', host: maddr.toLowerCase() })) return text;
  return writeUri({ ...withParam(withParam(uri, 'maddr', undefined), 'transport', undefined), port: undefined });
}

/** A strict router puts us where the Request-URI belongs, and that at the end of Route. */
function fromStrictRouter(
  request: SipRequest,
  routes: readonly string[],
  isOurs: (uri: SipUri) => boolean,
): Preprocessed {
  const unchanged = { uri: request.uri, routes, token: '' };
  if (routes.length === 0) return unchanged;
  const uri = parseRequestUri(request.uri);
  if (!uri.params.has('lr') || !isOurs(uri)) return unchanged;
  const last = parseNameAddress(routes.at(-1)!, 'Route').uri;
  return { uri: last, routes: routes.slice(0, -1), token: uri.user };
}
