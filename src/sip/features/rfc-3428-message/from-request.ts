import type { End } from '#messaging/delivery.ts';
import { Element, element } from '#xml/element.ts';
import { readText } from '../../wire/byte-string.ts';
import type { SipRequest } from '../../wire/message.ts';
import { readContent } from './content.ts';

const NS = 'jabber:client';

/** RFC 5646 in short; anything else is left out. */
const LANGUAGE = /^[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8})*$/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: XML has no place for them
const NOT_IN_XML = /[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/g;

/**
 * A MESSAGE as the XMPP element that the middle handles (RFC 7572 §5, table 2): its body, Subject, Content-Language,
 * and Call-ID as thread.
 * @param to 'local@domain'
 * @returns undefined for content that asks nobody to do anything
 * @throws {SipError} 400, 415
 */
export function readMessage(request: SipRequest, from: End, to: string): Element | undefined {
  const content = readContent(request);
  if (content === undefined) return undefined;
  const attributes: Record<string, string> = {
    from: from.device === '' ? from.address : `${from.address}/${from.device}`,
    to,
    type: 'chat',
    id: content.id ?? idOf(request),
  };
  const language = request.header('content-language');
  if (language !== undefined && LANGUAGE.test(language)) attributes['xml:lang'] = language;
  const children: Element[] = [];
  const subject = request.header('subject');
  if (subject !== undefined) children.push(element('subject', NS, {}, forXml(readText(subject))));
  if (content.text !== undefined) {
    children.push(element('body', NS, {}, forXml(content.text)));
    children.push(element('thread', NS, {}, forXml(readText(request.callId))));
  }
  return new Element('message', NS, attributes, [...children, ...content.extensions]);
}

/** What XML 1.0 cannot hold (§2.2) is shown as U+FFFD. */
export function forXml(text: string): string {
  return text.toWellFormed().replace(NOT_IN_XML, '\ufffd');
}

/** One that its sender can be told of later: the same for each retransmission. */
function idOf(request: SipRequest): string {
  return forXml(readText(`${request.callId}:${request.cseq.number}`));
}
