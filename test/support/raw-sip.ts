import assert from 'node:assert/strict';
import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { InProcess } from './in-process.ts';
import { until } from './until.ts';

const HOST = '127.0.0.1';
const OFTEN = { everyMs: 1 };

/** What a SIP server is sent byte by byte, and what comes back: byte strings, one for each message. */
export interface RawSip {
  readonly localPort: number;
  /** What has come and was not taken, in order. */
  readonly came: string[];
  readonly isClosed: boolean;
  send(bytes: Buffer | string): void;
  close(): void;
}

export async function rawUdp(server: InProcess): Promise<RawSip> {
  const socket: UdpSocket = createSocket('udp4');
  await new Promise<void>((resolve) => socket.bind(0, HOST, resolve));
  const came: string[] = [];
  socket.on('message', (bytes) => came.push(bytes.toString('latin1')));
  return {
    localPort: socket.address().port,
    came,
    isClosed: false,
    send: (bytes) => socket.send(asBytes(bytes), server.running.ports.sip!, HOST),
    close: () => socket.close(),
  };
}

export async function rawTcp(server: InProcess): Promise<RawSip> {
  const socket = connect({ host: HOST, port: server.running.ports.sip! });
  await once(socket, 'connect');
  return rawStream(socket);
}

export async function rawTls(server: InProcess): Promise<RawSip> {
  const port = server.running.ports['sip-tls']!;
  const socket = connectTls({ host: HOST, port, servername: server.domain, rejectUnauthorized: false });
  await once(socket, 'secureConnect');
  return rawStream(socket);
}

function rawStream(socket: Socket): RawSip {
  const came: string[] = [];
  let pending = '';
  let isClosed = false;
  socket.setNoDelay(true);
  socket.on('error', () => {});
  socket.on('close', () => {
    isClosed = true;
  });
  socket.on('data', (bytes: Buffer) => {
    pending += bytes.toString('latin1');
    for (;;) {
      // What a keep-alive is answered by (RFC 5626 §4.4.1).
      pending = pending.replace(/^(?:\r\n)+/, '');
      const end = pending.indexOf('\r\n\r\n');
      if (end < 0) return;
      const length = Number(/^content-length: (\d+)/im.exec(pending.slice(0, end))![1]);
      if (pending.length < end + 4 + length) return;
      came.push(pending.slice(0, end + 4 + length));
      pending = pending.slice(end + 4 + length);
    }
  });
  return {
    localPort: socket.localPort!,
    came,
    get isClosed() {
      return isClosed;
    },
    send: (bytes) => void socket.write(asBytes(bytes)),
    close: () => void socket.destroy(),
  };
}

function asBytes(bytes: Buffer | string): Buffer {
  return typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes;
}

/** The next message that has come. */
export async function next(raw: RawSip): Promise<string> {
  await until('something comes', () => raw.came.length > 0, OFTEN);
  return raw.came.shift()!;
}

let probes = 0;

/** What comes before the answer to a question that is asked now: nothing, where what was sent before is dropped. */
export async function answersBefore(raw: RawSip, transport = 'UDP'): Promise<string[]> {
  const callId = `probe-${++probes}`;
  raw.send(request('OPTIONS', { raw, transport, callId }));
  const isProbe = (text: string) => headerOf(text, 'call-id') === callId;
  await until('the server answers', () => raw.came.some(isProbe), OFTEN);
  const at = raw.came.findIndex(isProbe);
  return raw.came.splice(0, at + 1).slice(0, -1);
}

export interface Parts {
  raw: RawSip;
  transport?: string;
  uri?: string;
  person?: string;
  callId?: string;
  /** Lines in the place of those of the same name, or beside them; one that is the name alone takes it out. */
  headers?: readonly string[];
  body?: string;
}

/** A right request from a stranger, but for what is put in. */
export function request(
  method: string,
  {
    raw,
    transport = 'UDP',
    uri = 'sip:example.test',
    person = 'romeo',
    callId = `call-${++probes}`,
    headers = [],
    body = '',
  }: Parts,
): string {
  const address = `sip:${person}@example.test`;
  const own = [
    `Via: SIP/2.0/${transport} ${HOST}:${raw.localPort};branch=z9hG4bK${callId};rport`,
    'Max-Forwards: 70',
    `From: <${address}>;tag=1928301774`,
    `To: <${uri}>`,
    `Call-ID: ${callId}`,
    `CSeq: 1 ${method}`,
    `Contact: <sip:${person}@${HOST}:${raw.localPort};transport=${transport.toLowerCase()}>`,
    `Content-Length: ${body.length}`,
  ];
  const nameOf = (line: string) => line.split(':', 1)[0]!.trim().toLowerCase();
  const given = new Set(headers.map(nameOf));
  const lines = [...own.filter((line) => !given.has(nameOf(line))), ...headers.filter((line) => line.includes(':'))];
  return `${[`${method} ${uri} SIP/2.0`, ...lines].join('\r\n')}\r\n\r\n${body}`;
}

export function statusOf(text: string): number {
  return Number(/^SIP\/2\.0 (\d{3})/.exec(text)?.[1] ?? 0);
}

export function reasonOf(text: string): string {
  return /^SIP\/2\.0 \d{3} (.*)\r\n/.exec(text)?.[1] ?? '';
}

/** The values of all lines of a header, in order. @param name in lower case */
export function headersOf(text: string, name: string): string[] {
  const lines = text.slice(0, text.indexOf('\r\n\r\n')).split('\r\n').slice(1);
  return lines
    .filter((line) => line.toLowerCase().startsWith(`${name}:`))
    .map((line) => line.slice(name.length + 1).trim());
}

export function headerOf(text: string, name: string): string | undefined {
  return headersOf(text, name)[0];
}

/** @throws {AssertionError} */
export function assertStatus(text: string, status: number): void {
  assert.equal(statusOf(text), status, text);
}
