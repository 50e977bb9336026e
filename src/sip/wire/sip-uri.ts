import { Params } from './header-params.ts';
import { parseHostPort } from './host-port.ts';
import { decodeEscapes, encodeParam } from './percent.ts';
import { SipError } from './sip-error.ts';

/** A URI as it is written (RFC 3261 §19.1, RFC 3859, RFC 3860, RFC 3966). All of it is a byte string. */
export interface SipUri {
  readonly scheme: 'sip' | 'sips' | 'im' | 'pres' | 'tel';
  /** As it came, with its escapes; the number of a tel: URI. '' for none. */
  readonly user: string;
  readonly password: string | undefined;
  /** In lower case; IPv6 addresses in brackets; '' in a tel: URI. */
  readonly host: string;
  readonly port: number | undefined;
  readonly params: Params;
  /** What stands behind the question mark, as it came; '' for none. */
  readonly headers: string;
}

/** Parameters of a URI: their values have percent-escapes where those of headers have quotes. */
class UriParams extends Params {
  override get(name: string): string | undefined {
    const { flat } = this;
    for (let i = 0; i < flat.length; i += 2) {
      if (flat[i] === name) return flat[i + 1] === undefined ? '' : decodeEscapes(flat[i + 1]!);
    }
    return undefined;
  }
}

const NO_PARAMS: Params = new UriParams([]);
const SCHEME = /^([A-Za-z][A-Za-z0-9+.-]*):/;
const USER = /^(?:[A-Za-z0-9\-_.!~*'()&=+$,;?/]|%[0-9A-Fa-f]{2})+$/;
const PASSWORD = /^(?:[A-Za-z0-9\-_.!~*'()&=+$,]|%[0-9A-Fa-f]{2})*$/;
const PARAM = /^(?:[A-Za-z0-9\-_.!~*'()[\]/:&+$]|%[0-9A-Fa-f]{2})+$/;
const HEADERS = /^(?:[A-Za-z0-9\-_.!~*'()[\]/?:+$&=]|%[0-9A-Fa-f]{2})+$/;
/** RFC 3966 §3, with the visual separators. */
const NUMBER = /^(?:\+[0-9().-]*[0-9][0-9().-]*|[0-9A-Fa-f*#().-]+)$/;

/** @throws {SipError} 400; 416 for a scheme that is none of ours */
export function parseUri(text: string): SipUri {
  if (text.startsWith('sip:')) return parseRest('sip', text, 4);
  const scheme = SCHEME.exec(text)?.[1]?.toLowerCase();
  switch (scheme) {
    case 'sip':
    case 'sips':
    case 'im':
    case 'pres':
      return parseRest(scheme, text, scheme.length + 1);
    case 'tel':
      return parseTel(text.slice(4));
    case undefined:
      throw badUri();
    default:
      throw new SipError(416);
  }
}

/** What a request is for: headers have no place there (RFC 3261 §19.1.1). @throws {SipError} 400, 416 */
export function parseRequestUri(text: string): SipUri {
  const uri = parseUri(text);
  if (uri.headers !== '') throw new SipError(400, 'Headers In Request-URI');
  return uri;
}

function parseRest(scheme: 'sip' | 'sips' | 'im' | 'pres', text: string, from: number): SipUri {
  const at = text.indexOf('@', from);
  const hostAt = at < 0 ? from : at + 1;
  let end = text.length;
  const question = text.indexOf('?', hostAt);
  const headers = question < 0 ? '' : text.slice(question + 1);
  if (question >= 0) {
    if (!HEADERS.test(headers)) throw badUri();
    end = question;
  }
  const semicolon = text.indexOf(';', hostAt);
  const params = semicolon < 0 || semicolon > end ? NO_PARAMS : parseParams(text.slice(semicolon + 1, end));
  const hostEnd = params === NO_PARAMS ? end : semicolon;
  const hostPort = parseHostPort(text.slice(hostAt, hostEnd));
  if (hostPort === undefined) throw badUri();
  const { user, password } = at < 0 ? NOBODY : parseUserInfo(text.slice(from, at));
  return { scheme, user, password, host: hostPort.host.toLowerCase(), port: hostPort.port, params, headers };
}

const NOBODY = { user: '', password: undefined };

function parseUserInfo(text: string): { user: string; password: string | undefined } {
  const colon = text.indexOf(':');
  const user = colon < 0 ? text : text.slice(0, colon);
  const password = colon < 0 ? undefined : text.slice(colon + 1);
  if (!USER.test(user) || (password !== undefined && !PASSWORD.test(password))) throw badUri();
  return { user, password };
}

function parseParams(text: string): Params {
  const flat: (string | undefined)[] = [];
  for (const param of text.split(';')) {
    const equals = param.indexOf('=');
    const name = equals < 0 ? param : param.slice(0, equals);
    const value = equals < 0 ? undefined : param.slice(equals + 1);
    if (!PARAM.test(name) || (value !== undefined && !PARAM.test(value))) throw badUri();
    flat.push(decodeEscapes(name).toLowerCase(), value);
  }
  if (flat.length > 2 && hasTwice(flat)) throw badUri();
  return new UriParams(flat);
}

/** RFC 3261 §19.1.1: a parameter stands there once. */
function hasTwice(flat: readonly (string | undefined)[]): boolean {
  const names = new Set<string | undefined>();
  for (let i = 0; i < flat.length; i += 2) names.add(flat[i]);
  return names.size < flat.length / 2;
}

function parseTel(text: string): SipUri {
  const semicolon = text.indexOf(';');
  const user = semicolon < 0 ? text : text.slice(0, semicolon);
  const params = semicolon < 0 ? NO_PARAMS : parseParams(text.slice(semicolon + 1));
  if (!NUMBER.test(user)) throw badUri();
  // RFC 3966 §5.1.4: a number that is not global says where it holds.
  if (!user.startsWith('+') && !params.has('phone-context')) throw badUri();
  return { scheme: 'tel', user, password: undefined, host: '', port: undefined, params, headers: '' };
}

export function writeUri({ scheme, user, password, host, port, params, headers }: SipUri): string {
  const userInfo =
    user === '' ? '' : `${user}${password === undefined ? '' : `:${password}`}${scheme === 'tel' ? '' : '@'}`;
  const { flat } = params;
  let text = `${scheme}:${userInfo}${host}${port === undefined ? '' : `:${port}`}`;
  for (let i = 0; i < flat.length; i += 2) {
    text += `;${encodeParam(flat[i]!)}${flat[i + 1] === undefined ? '' : `=${flat[i + 1]}`}`;
  }
  return headers === '' ? text : `${text}?${headers}`;
}

/** The same URI with a parameter set (as a byte string) or, where `value` is undefined, taken away. */
export function withParam(uri: SipUri, name: string, value: string | undefined): SipUri {
  const { flat } = uri.params;
  const others: (string | undefined)[] = [];
  for (let i = 0; i < flat.length; i += 2) if (flat[i] !== name) others.push(flat[i], flat[i + 1]);
  if (value !== undefined) others.push(name, value === '' ? undefined : encodeParam(value));
  return { ...uri, params: new UriParams(others) };
}

function badUri(): SipError {
  return new SipError(400, 'Bad URI');
}
