/**
 * STUN as a server of SIP answers it on its own UDP port (RFC 5626 §4.4.2 and §8, RFC 5389): binding requests, by which
 * a client behind a NAT keeps its flow open and learns what address it is seen by. Without credentials.
 */

const BINDING_REQUEST = 0x0001;
const BINDING_SUCCESS = 0x0101;
const BINDING_ERROR = 0x0111;
const MAGIC_COOKIE = 0x2112a442;
const HEADER_BYTES = 20;
const UNKNOWN_ATTRIBUTES = 0x000a;
const ERROR_CODE = 0x0009;
const XOR_MAPPED_ADDRESS = 0x0020;
/** RFC 5389 §15: attributes below it have to be understood. */
const OPTIONAL_FROM = 0x8000;
/** Those of RFC 5389 that a request may carry and that ask nothing of a server that wants no credentials. */
const UNDERSTOOD: ReadonlySet<number> = new Set([0x0001, 0x0006, 0x0008, 0x0014, 0x0015, XOR_MAPPED_ADDRESS]);

/** RFC 5389 §6: the first two bits are zero; of the methods there are, more than that. No SIP message begins so. */
export function looksLikeStun(bytes: Uint8Array): boolean {
  return bytes[0]! < 4;
}

/**
 * @param address an IP address without brackets
 * @returns undefined for what is not answered: anything but a well-formed binding request (RFC 5389 §7.3)
 */
export function answerStun(request: Buffer, address: string, port: number): Buffer | undefined {
  if (request.length < HEADER_BYTES || request.length % 4 !== 0) return undefined;
  if (request.readUInt16BE(0) !== BINDING_REQUEST || request.readUInt32BE(4) !== MAGIC_COOKIE) return undefined;
  if (request.readUInt16BE(2) !== request.length - HEADER_BYTES) return undefined;
  const unknown = unknownAttributes(request);
  if (unknown === undefined) return undefined;
  const transaction = request.subarray(4, HEADER_BYTES);
  if (unknown.length > 0) return message(BINDING_ERROR, transaction, ...refusal(unknown));
  return message(BINDING_SUCCESS, transaction, attribute(XOR_MAPPED_ADDRESS, mapped(address, port, transaction)));
}

/** RFC 5389 §7.3.1. @returns undefined where an attribute is longer than the message */
function unknownAttributes(request: Buffer): number[] | undefined {
  const unknown: number[] = [];
  let at = HEADER_BYTES;
  while (at < request.length) {
    const type = request.readUInt16BE(at);
    const length = request.readUInt16BE(at + 2);
    at += 4 + Math.ceil(length / 4) * 4;
    if (at > request.length) return undefined;
    if (type < OPTIONAL_FROM && !UNDERSTOOD.has(type)) unknown.push(type);
  }
  return unknown;
}

/** RFC 5389 §15.6 and §15.9. At most one unknown attribute is named: the answer stays small. */
function refusal(unknown: readonly number[]): Buffer[] {
  const types = Buffer.alloc(2);
  types.writeUInt16BE(unknown[0]!);
  return [attribute(ERROR_CODE, Buffer.from([0, 0, 4, 20])), attribute(UNKNOWN_ATTRIBUTES, types)];
}

/** RFC 5389 §15.2: the address, so written that no NAT on the way finds it and changes it. */
function mapped(address: string, port: number, key: Buffer): Buffer {
  const bytes = addressBytes(address);
  const value = Buffer.alloc(4 + bytes.length);
  value[1] = bytes.length === 4 ? 1 : 2;
  value.writeUInt16BE(port ^ (MAGIC_COOKIE >>> 16), 2);
  for (let i = 0; i < bytes.length; i++) value[4 + i] = bytes[i]! ^ key[i]!;
  return value;
}

function addressBytes(address: string): number[] {
  if (!address.includes(':')) return address.split('.').map(Number);
  const [head = '', tail] = address.split('%')[0]!.split('::');
  const front = groups(head);
  const back = tail === undefined ? [] : groups(tail);
  const middle = new Array<number>(16 - front.length - back.length).fill(0);
  return [...front, ...middle, ...back];
}

function groups(text: string): number[] {
  if (text === '') return [];
  return text.split(':').flatMap((group) => {
    const value = Number.parseInt(group, 16);
    return group.includes('.') ? group.split('.').map(Number) : [value >> 8, value & 0xff];
  });
}

function attribute(type: number, value: Buffer): Buffer {
  const padded = Buffer.alloc(4 + Math.ceil(value.length / 4) * 4);
  padded.writeUInt16BE(type);
  padded.writeUInt16BE(value.length, 2);
  value.copy(padded, 4);
  return padded;
}

function message(type: number, transaction: Buffer, ...attributes: Buffer[]): Buffer {
  const body = Buffer.concat(attributes);
  const head = Buffer.alloc(4);
  head.writeUInt16BE(type);
  head.writeUInt16BE(body.length, 2);
  return Buffer.concat([head, transaction, body]);
}
