import { isToken } from './text.ts';

/**
 * Names of header fields: case means nothing in them, and some have a compact form (RFC 3261 §7.3.1, §7.3.3 and the
 * registry of SIP header fields).
 */
const KNOWN: Readonly<Record<string, string | undefined>> = {
  Accept: undefined,
  'Accept-Contact': 'a',
  'Accept-Encoding': undefined,
  'Accept-Language': undefined,
  Allow: undefined,
  'Allow-Events': 'u',
  Authorization: undefined,
  'Call-ID': 'i',
  Contact: 'm',
  'Content-Disposition': undefined,
  'Content-Encoding': 'e',
  'Content-Language': undefined,
  'Content-Length': 'l',
  'Content-Type': 'c',
  CSeq: undefined,
  Date: undefined,
  Event: 'o',
  Expires: undefined,
  From: 'f',
  Identity: 'y',
  'Identity-Info': 'n',
  'Max-Forwards': undefined,
  'MIME-Version': undefined,
  'Min-Expires': undefined,
  'P-Access-Network-Info': undefined,
  'P-Asserted-Identity': undefined,
  'P-Preferred-Identity': undefined,
  Path: undefined,
  Privacy: undefined,
  'Proxy-Authenticate': undefined,
  'Proxy-Authorization': undefined,
  'Proxy-Require': undefined,
  'Record-Route': undefined,
  'Refer-To': 'r',
  'Referred-By': 'b',
  'Reject-Contact': 'j',
  'Request-Disposition': 'd',
  Require: undefined,
  'Retry-After': undefined,
  Route: undefined,
  Server: undefined,
  'Service-Route': undefined,
  'Session-Expires': 'x',
  'SIP-ETag': undefined,
  'SIP-If-Match': undefined,
  Subject: 's',
  'Subscription-State': undefined,
  Supported: 'k',
  Timestamp: undefined,
  To: 't',
  Unsupported: undefined,
  'User-Agent': undefined,
  Via: 'v',
  Warning: undefined,
  'WWW-Authenticate': undefined,
};

/** Every usual spelling of a name, and what the name is. */
const names = new Map<string, string>();
for (const [name, compact] of Object.entries(KNOWN)) {
  const whole = name.toLowerCase();
  for (const spelling of [name, whole]) names.set(spelling, whole);
  if (compact !== undefined) for (const spelling of [compact, compact.toUpperCase()]) names.set(spelling, whole);
}

/** @returns a header's name whole and in lower case; undefined for what is no name */
export function headerName(text: string): string | undefined {
  const known = names.get(text);
  if (known !== undefined) return known;
  const lower = text.toLowerCase();
  return names.get(lower) ?? (isToken(text) ? lower : undefined);
}

/** As the specifications spell it: of a name in lower case, what we write. */
const spellings = new Map(Object.keys(KNOWN).map((name) => [name.toLowerCase(), name]));

/** @param name whole, in lower case */
export function spelledName(name: string): string {
  return spellings.get(name) ?? name;
}
