import { readFileSync } from 'node:fs';

/** A torture message of RFC 4475, and what a server makes of it that serves the domains it is addressed to. */
export interface TortureMessage {
  readonly file: string;
  readonly section: string;
  /**
   * What it comes to. 'proxied': nothing is wrong with it, and it goes on to whoever is reachable there (480 where nobody
   * is). 'dropped': no answer is possible or allowed.
   */
  readonly expect: number | 'dropped' | 'proxied';
  /** Where syntax alone decides otherwise: what reading and `validateRequest` come to. */
  readonly syntax: 'valid' | number | 'dropped';
  /** The account that it needs, with the domain that has to be served. */
  readonly account?: string;
  /** Its next hop is another server. */
  readonly leaves?: true;
  /** What is said first to whoever proves nothing; absent where the fault is seen before. */
  readonly challenge?: 401 | 407;
  readonly why: string;
}

export const rfc4475: readonly TortureMessage[] = [
  {
    file: 'wsinv',
    section: '3.1.1.1',
    expect: 'proxied',
    syntax: 'valid',
    account: 'vivekg@chair-dnrc.example.com',
    challenge: 407,
    why: 'folding, spaces, compact forms and leading zeros are all allowed; its Route says where it goes',
  },
  {
    file: 'intmeth',
    section: '3.1.1.2',
    expect: 404,
    syntax: 'valid',
    challenge: 407,
    why: 'a method and a URI like any other; no account is called so',
  },
  {
    file: 'esc01',
    section: '3.1.1.3',
    expect: 404,
    syntax: 'valid',
    challenge: 407,
    why: 'the user is "sips:user@example.com" at example.net, and no account there is called so',
  },
  {
    file: 'escnull',
    section: '3.1.1.4',
    expect: 403,
    syntax: 'valid',
    account: 'user@example.com',
    challenge: 401,
    why: 'an escaped NUL is a character of the user, and no account can have one: it is nobody’s own address',
  },
  {
    file: 'esc02',
    section: '3.1.1.5',
    expect: 501,
    syntax: 'valid',
    why: 'a method has no escapes: RE%47IST%45R is not REGISTER, and C%6Fntact no Contact',
  },
  {
    file: 'lwsdisp',
    section: '3.1.1.6',
    expect: 'proxied',
    syntax: 'valid',
    account: 'user@example.com',
    challenge: 407,
    why: 'no space is needed between a display name and its URI',
  },
  {
    file: 'longreq',
    section: '3.1.1.7',
    expect: 'proxied',
    syntax: 'valid',
    account: 'user@example.com',
    challenge: 407,
    why: 'long values are values',
  },
  {
    file: 'dblreq',
    section: '3.1.1.8',
    expect: 200,
    syntax: 'valid',
    account: 'j.user@example.com',
    challenge: 401,
    why: 'RFC 3261 §18.3: what follows the body in a datagram is dropped; the INVITE there is none',
  },
  {
    file: 'semiuri',
    section: '3.1.1.9',
    expect: 404,
    syntax: 'valid',
    challenge: 407,
    why: 'the semicolon belongs to the user, and no account is called so',
  },
  {
    file: 'transports',
    section: '3.1.1.10',
    expect: 'proxied',
    syntax: 'valid',
    account: 'user@example.com',
    challenge: 407,
    why: 'transports of further hops may be unknown',
  },
  {
    file: 'mpart01',
    section: '3.1.1.11',
    expect: 'proxied',
    syntax: 'valid',
    leaves: true,
    challenge: 407,
    why: 'a body is bytes; its Route names another server',
  },
  {
    file: 'unreason',
    section: '3.1.1.12',
    expect: 'dropped',
    syntax: 'valid',
    why: 'a right response in UTF-8, to nothing that we have sent',
  },
  {
    file: 'noreason',
    section: '3.1.1.13',
    expect: 'dropped',
    syntax: 'valid',
    why: 'a reason phrase may be empty; to nothing that we have sent',
  },
  {
    file: 'badinv01',
    section: '3.1.2.1',
    expect: 400,
    syntax: 400,
    why: 'separators with nothing between them, in Via and Contact',
  },
  { file: 'clerr', section: '3.1.2.2', expect: 400, syntax: 400, why: 'Content-Length is larger than the datagram' },
  { file: 'ncl', section: '3.1.2.3', expect: 400, syntax: 400, why: 'Content-Length is negative' },
  {
    file: 'scalar02',
    section: '3.1.2.4',
    expect: 400,
    syntax: 400,
    why: 'CSeq is 2**31 or more, and Max-Forwards more than 255',
  },
  {
    file: 'scalarlg',
    section: '3.1.2.5',
    expect: 'dropped',
    syntax: 'valid',
    why: 'a response to nothing that we have sent; its CSeq is one that nobody can have sent',
  },
  { file: 'quotbal', section: '3.1.2.6', expect: 400, syntax: 400, why: 'the quote in To is not closed' },
  { file: 'ltgtruri', section: '3.1.2.7', expect: 400, syntax: 400, why: 'the Request-URI stands in brackets' },
  { file: 'lwsruri', section: '3.1.2.8', expect: 400, syntax: 400, why: 'there is a space inside the Request-URI' },
  {
    file: 'lwsstart',
    section: '3.1.2.9',
    expect: 400,
    syntax: 400,
    why: 'several spaces in the request line; the next hop might read it otherwise, so nothing is guessed',
  },
  {
    file: 'trws',
    section: '3.1.2.10',
    expect: 400,
    syntax: 400,
    why: 'spaces at the end of the request line; nothing is guessed there either',
  },
  { file: 'escruri', section: '3.1.2.11', expect: 400, syntax: 400, why: 'a Request-URI has no headers' },
  {
    file: 'baddate',
    section: '3.1.2.12',
    expect: 'proxied',
    syntax: 'valid',
    account: 'user@example.com',
    challenge: 407,
    why: 'a Date in another zone than GMT is wrong, and nobody here needs it',
  },
  {
    file: 'regbadct',
    section: '3.1.2.13',
    expect: 400,
    syntax: 400,
    account: 'user@example.com',
    challenge: 401,
    why: 'a URI with a question mark has to stand in brackets',
  },
  { file: 'badaspec', section: '3.1.2.14', expect: 400, syntax: 400, why: 'there are spaces around the URI in To' },
  {
    file: 'baddn',
    section: '3.1.2.15',
    expect: 400,
    syntax: 400,
    why: 'a display name with a comma has to be quoted (and the empty line is missing)',
  },
  { file: 'badvers', section: '3.1.2.16', expect: 505, syntax: 505, why: 'SIP/7.0 is another protocol' },
  { file: 'mismatch01', section: '3.1.2.17', expect: 400, syntax: 400, why: 'CSeq names another method' },
  {
    file: 'mismatch02',
    section: '3.1.2.18',
    expect: 400,
    syntax: 400,
    why: 'CSeq names another method; that the first is unknown matters less',
  },
  { file: 'bigcode', section: '3.1.2.19', expect: 'dropped', syntax: 'dropped', why: 'a response without a status' },
  {
    file: 'badbranch',
    section: '3.2.1',
    expect: 'proxied',
    syntax: 'valid',
    account: 'user@example.com',
    challenge: 407,
    why: 'a branch that is the cookie alone is none: it is matched as in RFC 2543',
  },
  { file: 'insuf', section: '3.3.1', expect: 400, syntax: 400, why: 'From, To and Call-ID are missing' },
  { file: 'unkscm', section: '3.3.2', expect: 416, syntax: 416, why: 'nobody knows the scheme' },
  { file: 'novelsc', section: '3.3.3', expect: 416, syntax: 416, why: 'a known scheme, and none of SIP' },
  {
    file: 'unksm2',
    section: '3.3.4',
    expect: 400,
    syntax: 'valid',
    why: 'who registers (From), and what is registered (To), has to be a SIP URI',
  },
  {
    file: 'bext01',
    section: '3.3.5',
    expect: 420,
    syntax: 'valid',
    account: 'user@example.com',
    why: 'it requires of proxies what none supports',
  },
  {
    file: 'invut',
    section: '3.3.6',
    expect: 'proxied',
    syntax: 'valid',
    account: 'user@example.com',
    challenge: 407,
    why: 'the body is for the other end, which may answer 415',
  },
  {
    file: 'regaut01',
    section: '3.3.7',
    expect: 401,
    syntax: 'valid',
    account: 'j.user@example.com',
    why: 'credentials of another scheme are none',
  },
  {
    file: 'multi01',
    section: '3.3.8',
    expect: 400,
    syntax: 400,
    why: 'CSeq, Call-ID, From, To and Max-Forwards stand there twice',
  },
  { file: 'mcl01', section: '3.3.9', expect: 400, syntax: 400, why: 'there are two Content-Length, and they differ' },
  {
    file: 'bcast',
    section: '3.3.10',
    expect: 'dropped',
    syntax: 'valid',
    why: 'a response whose topmost Via is not ours; nothing is ever sent to a broadcast address',
  },
  {
    file: 'zeromf',
    section: '3.3.11',
    expect: 483,
    syntax: 'valid',
    account: 'user@example.com',
    why: 'Max-Forwards is used up, and it is not for the server itself',
  },
  {
    file: 'cparam01',
    section: '3.3.12',
    expect: 200,
    syntax: 'valid',
    account: 'watson@example.com',
    challenge: 401,
    why: 'without brackets the parameter is the Contact header’s, and unknown ones are ignored',
  },
  {
    file: 'cparam02',
    section: '3.3.13',
    expect: 200,
    syntax: 'valid',
    account: 'watson@example.com',
    challenge: 401,
    why: 'in brackets the parameter is the URI’s, and belongs to what is bound',
  },
  {
    file: 'regescrt',
    section: '3.3.14',
    expect: 200,
    syntax: 'valid',
    account: 'user@example.com',
    challenge: 401,
    why: 'a Contact may have headers in its URI; they are bound with it, and never become a Route of ours',
  },
  {
    file: 'sdp01',
    section: '3.3.15',
    expect: 'proxied',
    syntax: 'valid',
    account: 'user@example.com',
    challenge: 407,
    why: 'what may be answered is for the other end, which may say 406',
  },
  {
    file: 'inv2543',
    section: '3.4.1',
    expect: 'proxied',
    syntax: 'valid',
    account: 'userb@example.com',
    challenge: 407,
    why: 'RFC 2543: neither branch nor From tag nor Max-Forwards, and no Content-Length',
  },
  {
    file: 'test',
    section: 'A',
    expect: 'dropped',
    syntax: 'dropped',
    why: 'no version, and no Via that an answer could go to',
  },
];

/**
 * The bytes of a message. Few of them ask for `rport`: over UDP the answer to the others goes to the port in their Via
 * (RFC 3261 §18.2.2), so who plays them from another port has to write it in.
 */
export function readTorture(file: string, rfc = 'rfc4475'): Buffer {
  return readFileSync(new URL(`./${rfc}/${file}.dat`, import.meta.url));
}
