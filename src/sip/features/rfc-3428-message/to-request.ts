import { randomBytes } from 'node:crypto';
import { readDelay } from '#messaging/delay.ts';
import type { Element } from '#xml/element.ts';
import type { SipDevice } from '../../device.ts';
import { uriOf, uriOfJid } from '../../wire/address.ts';
import { writeText } from '../../wire/byte-string.ts';
import type { OutgoingRequest } from '../../wire/message.ts';
import { abilitiesOf } from './abilities.ts';
import type { Contents, Writer } from './contents.ts';
import { expiryOf } from './expiry.ts';
import { inLanguage } from './languages.ts';

const RUN = randomBytes(6).toString('hex');
let count = 0;

export interface WrittenMessage {
  readonly out: OutgoingRequest;
  /** What has written its body. */
  readonly writer: Writer;
}

/**
 * A message as the MESSAGE that a contact binding is sent (RFC 7572 §4, table 1): from and to as they are, body, subject
 * and language. The thread does not become the Call-ID: that has to be new for each request outside of a dialog
 * (RFC 3261 §8.1.1.4), and clients take it for the id of the message.
 * @param now epoch milliseconds
 * @returns undefined where there is nothing that SIP, or this binding, has a word for
 */
export function writeMessage(
  contents: Contents,
  message: Element,
  device: SipDevice,
  now: number,
): WrittenMessage | undefined {
  const id = `${RUN}${(count++).toString(36)}`;
  const callId = `${id}@${device.domain}`;
  const abilities = abilitiesOf(device);
  const written = contents.write(message, device, callId, (type) => abilities.mayTake(type));
  if (written === undefined) return undefined;
  const from = uriOfJid(message.attributes.from ?? device.home.address);
  const head =
    `Max-Forwards: 70\r\n${device.route}From: <${from}>;tag=${id}\r\nTo: <${uriOf(device.home.address)}>\r\n` +
    `Call-ID: ${callId}\r\nCSeq: 1 MESSAGE\r\n${aboutIt(message, abilities.languages, now)}Content-Type: ${written.type}\r\n`;
  return { out: { method: 'MESSAGE', uri: device.uri, head, body: written.body }, writer: written.writer };
}

function aboutIt(message: Element, languages: readonly string[], now: number): string {
  let head = '';
  const body = inLanguage(message, 'body', languages);
  if (body === undefined) return head;
  const subject = inLanguage(message, 'subject', languages)?.text();
  if (subject !== undefined) head += `Subject: ${writeText(oneLine(subject))}\r\n`;
  const language = body.attributes['xml:lang'] ?? message.attributes['xml:lang'];
  if (language !== undefined && language !== '') head += `Content-Language: ${writeText(oneLine(language))}\r\n`;
  const delay = readDelay(message);
  if (delay !== undefined) head += `Date: ${new Date(delay.at).toUTCString()}\r\n`;
  const expiresAt = expiryOf(message);
  if (expiresAt !== undefined) head += `Expires: ${Math.max(0, Math.ceil((expiresAt - now) / 1000))}\r\n`;
  return head;
}

/** A header is one line. */
function oneLine(text: string): string {
  return text.replace(/[\p{Cc}\s]+/gu, ' ');
}
