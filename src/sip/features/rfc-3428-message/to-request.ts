import { randomBytes } from 'node:crypto';
import type { Element } from '#xml/element.ts';
import type { SipDevice } from '../../device.ts';
import { gruuOf, uriOf } from '../../wire/address.ts';
import { writeText } from '../../wire/byte-string.ts';
import type { OutgoingRequest } from '../../wire/message.ts';

const RUN = randomBytes(6).toString('hex');
let count = 0;

/**
 * A message as the MESSAGE that a contact binding is sent (RFC 7572 §4, table 1): from and to as they are, body,
 * subject and language; the thread would be the Call-ID, which has to be new for each message here.
 * @returns undefined where there is nothing that SIP has a word for
 */
export function writeMessage(message: Element, device: SipDevice): OutgoingRequest | undefined {
  const body = message.childText('body');
  if (body === undefined || message.attributes.type === 'error') return undefined;
  const id = `${RUN}${(count++).toString(36)}`;
  const { domain } = device;
  let head = `Max-Forwards: 70\r\n${device.route}From: <${uriOfJid(message.attributes.from!)}>;tag=${id}\r\nTo: <${uriOf(device.home.address)}>\r\nCall-ID: ${id}@${domain}\r\nCSeq: 1 MESSAGE\r\n`;
  const subject = message.childText('subject');
  if (subject !== undefined) head += `Subject: ${writeText(oneLine(subject))}\r\n`;
  const language = message.attributes['xml:lang'];
  if (language !== undefined) head += `Content-Language: ${writeText(oneLine(language))}\r\n`;
  const stamp = message.child('delay', 'urn:xmpp:delay')?.attributes.stamp;
  if (stamp !== undefined) head += `Date: ${new Date(stamp).toUTCString()}\r\n`;
  return {
    method: 'MESSAGE',
    uri: device.uri,
    head: `${head}Content-Type: text/plain;charset=UTF-8\r\n`,
    body: writeText(body),
  };
}

/** A header is one line. */
function oneLine(text: string): string {
  return text.replace(/[\p{Cc}\s]+/gu, ' ');
}

/** Who it is from: the account, or one device of it (RFC 7247 §4.3). */
function uriOfJid(jid: string): string {
  const slash = jid.indexOf('/');
  return slash < 0 ? uriOf(jid) : gruuOf(jid.slice(0, slash), jid.slice(slash + 1));
}
