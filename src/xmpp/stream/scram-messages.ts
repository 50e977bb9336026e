/** The messages of SCRAM as they are written. RFC 5802 §5.1, §7. */
import { decodeBase64 } from '#base/base64.ts';
import { SaslFailure } from './sasl-failure.ts';

export interface ClientFirstMessage {
  /** All before the bare message; the client repeats it, with the channel binding's data, in its final message. */
  readonly gs2Header: string;
  /** 'n': the client knows no channel binding; 'y': it thinks that the server knows none; else the type it uses. */
  readonly channelBinding: 'n' | 'y' | { readonly type: string };
  /** '' where there is none. */
  readonly authzid: string;
  readonly bare: string;
  readonly username: string;
  readonly nonce: string;
}

export interface ClientFinalMessage {
  /** The gs2 header and the data of the channel binding. */
  readonly channelBinding: Uint8Array;
  readonly nonce: string;
  readonly proof: Uint8Array;
  readonly withoutProof: string;
}

const GS2_HEADER = /^(?:(?<flag>[ny])|p=(?<type>[A-Za-z0-9.-]+)),(?:a=(?<authzid>[^,]+))?,/;
const NONCE = /^[\x21-\x2b\x2d-\x7e]{1,512}$/;
const EXTENSION = /^[A-Za-z]=[^\0]+$/;
const SASLNAME = /^(?:[^=\0]|=2C|=3D)+$/;

/** @throws {SaslFailure} 'malformed-request' */
export function parseClientFirst(text: string): ClientFirstMessage {
  const header = GS2_HEADER.exec(text);
  if (header === null) throw malformed('the gs2 header is wrong');
  const gs2Header = header[0];
  const { flag, type, authzid } = header.groups!;
  const bare = text.slice(gs2Header.length);
  const [name, nonce, ...extensions] = bare.split(',');
  refuseMandatoryExtension(name);
  if (!extensions.every((extension) => EXTENSION.test(extension))) throw malformed('an extension is wrong');
  return {
    gs2Header,
    channelBinding: flag === undefined ? { type: type! } : (flag as 'n' | 'y'),
    authzid: authzid === undefined ? '' : saslname(authzid),
    bare,
    username: saslname(attributeValue('n', name)),
    nonce: nonceOf(nonce),
  };
}

/** @throws {SaslFailure} 'malformed-request' */
export function parseClientFinal(text: string): ClientFinalMessage {
  const end = text.lastIndexOf(',p=');
  if (end < 0) throw malformed('the proof is missing');
  const withoutProof = text.slice(0, end);
  const [channelBinding, nonce, ...extensions] = withoutProof.split(',');
  refuseMandatoryExtension(channelBinding);
  if (!extensions.every((extension) => EXTENSION.test(extension))) throw malformed('an extension is wrong');
  return {
    channelBinding: base64(attributeValue('c', channelBinding)),
    nonce: nonceOf(nonce),
    proof: base64(text.slice(end + 3)),
    withoutProof,
  };
}

/** RFC 5802 §5.1: `m` announces something that the other side has to understand, and nothing is defined that we could. */
function refuseMandatoryExtension(attribute: string | undefined): void {
  if (attribute?.startsWith('m=')) throw malformed('a mandatory extension that is not supported');
}

function attributeValue(name: string, attribute: string | undefined): string {
  if (!attribute?.startsWith(`${name}=`)) throw malformed(`attribute ${name} is missing`);
  return attribute.slice(2);
}

function nonceOf(attribute: string | undefined): string {
  const nonce = attributeValue('r', attribute);
  if (!NONCE.test(nonce)) throw malformed('the nonce is wrong');
  return nonce;
}

function saslname(value: string): string {
  if (!SASLNAME.test(value)) throw malformed('a name is wrong');
  return value.replaceAll('=2C', ',').replaceAll('=3D', '=');
}

function base64(value: string): Uint8Array {
  const bytes = decodeBase64(value);
  if (bytes === undefined) throw malformed('base64 inside the message is wrong');
  return bytes;
}

function malformed(what: string): SaslFailure {
  return new SaslFailure('malformed-request', `SCRAM: ${what}`);
}
