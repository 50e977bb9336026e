/** As much of SIP's grammar as a load tool needs (RFC 3261 §7). */

const COMPACT: Record<string, string> = {
  i: 'call-id',
  m: 'contact',
  l: 'content-length',
  c: 'content-type',
  f: 'from',
  t: 'to',
  v: 'via',
  o: 'event',
};

export interface Message {
  startLine: string;
  /** 0 for a request. */
  status: number;
  /** Empty for a response. */
  method: string;
  headers: ReadonlyMap<string, readonly string[]>;
  body: Buffer;
}

/** @returns undefined where it is no whole message: a keep-alive, for one */
export function parse(datagram: Buffer): Message | undefined {
  const end = datagram.indexOf('\r\n\r\n');
  if (end < 0) return undefined;
  const lines = datagram
    .toString('latin1', 0, end)
    .replace(/\r\n[ \t]+/g, ' ')
    .split('\r\n');
  const startLine = lines[0] ?? '';
  const headers = new Map<string, string[]>();
  for (let i = 1; i < lines.length; i++) addHeader(headers, lines[i] as string);
  const status = /^SIP\/2\.0 (\d{3})/.exec(startLine)?.[1];
  return {
    startLine,
    status: Number(status ?? 0),
    method: status === undefined ? startLine.slice(0, startLine.indexOf(' ')) : '',
    headers,
    body: datagram.subarray(end + 4),
  };
}

function addHeader(headers: Map<string, string[]>, line: string): void {
  const colon = line.indexOf(':');
  const written = line.slice(0, colon).trim().toLowerCase();
  const name = COMPACT[written] ?? written;
  const value = line.slice(colon + 1).trim();
  const values = headers.get(name);
  if (values === undefined) headers.set(name, [value]);
  else values.push(value);
}

/** The first value; empty where there is none. */
export function header(message: Message, name: string): string {
  return message.headers.get(name)?.[0] ?? '';
}

export function tagOf(address: string): string {
  return /;\s*tag=([^;>\s]+)/i.exec(address)?.[1] ?? '';
}

/** The URI of a Contact; undefined where there is none. */
export function contactOf(message: Message): string | undefined {
  const [, bracketed, bare] = /<([^>]+)>|^([^\s;]+)/.exec(header(message, 'contact')) ?? [];
  return bracketed ?? bare;
}

export function branchOf(message: Message): string {
  return /branch=([^;,\s]+)/.exec(header(message, 'via'))?.[1] ?? '';
}
