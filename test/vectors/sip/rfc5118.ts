import type { TortureMessage } from './rfc4475.ts';

/** The torture messages for IPv6 (RFC 5118 §4); the server is [2001:db8::10], and serves example.com. */
export const rfc5118: readonly TortureMessage[] = [
  { file: 'ipv6-good', section: '4.1', expect: 200, syntax: 'valid', challenge: 401, why: 'as it should be' },
  { file: 'ipv6-bad', section: '4.2', expect: 400, syntax: 400, why: 'an IPv6 address needs brackets' },
  {
    file: 'port-ambiguous',
    section: '4.3',
    expect: 'proxied',
    syntax: 'valid',
    why: 'what may have been meant as a port is part of the address, and that is not ours',
  },
  {
    file: 'port-unambiguous',
    section: '4.4',
    expect: 200,
    syntax: 'valid',
    challenge: 401,
    why: 'behind the bracket it is a port',
  },
  {
    file: 'via-received-param-with-delim',
    section: '4.5',
    expect: 481,
    syntax: 'valid',
    why: 'brackets in received are borne; a BYE to the server is of no dialog',
  },
  {
    file: 'via-received-param-no-delim',
    section: '4.5',
    expect: 200,
    syntax: 'valid',
    why: 'without brackets it is as the grammar has it',
  },
  { file: 'ipv6-in-sdp', section: '4.6', expect: 'proxied', syntax: 'valid', why: 'a body is bytes' },
  {
    file: 'mult-ip-in-header',
    section: '4.7',
    expect: 'proxied',
    syntax: 'valid',
    why: 'each Via has addresses of its own',
  },
  { file: 'mult-ip-in-sdp', section: '4.8', expect: 'proxied', syntax: 'valid', why: 'a body is bytes' },
  {
    file: 'ipv4-mapped-ipv6',
    section: '4.9',
    expect: 'proxied',
    syntax: 'valid',
    why: 'such addresses are IPv6 addresses in text',
  },
  {
    file: 'ipv6-bug-abnf-3-colons',
    section: '4.10',
    expect: 'proxied',
    syntax: 'valid',
    why: 'a mistake of the grammar in RFC 3261 allows a third colon: it is borne, and never written',
  },
  { file: 'ipv6-correct-abnf-2-colons', section: '4.10', expect: 'proxied', syntax: 'valid', why: 'as it should be' },
];
