import { NS_DELAY } from '#messaging/delay.ts';
import { writeDateTime } from '#xml/date-time.ts';
import { Element, element } from '#xml/element.ts';
import { readText } from '../../wire/byte-string.ts';
import type { SipRequest } from '../../wire/message.ts';
import { SipError } from '../../wire/sip-error.ts';
import { decodeBody } from './content-encoding.ts';
import type { Arriving, Content, Contents } from './contents.ts';
import { expiryRule, readExpires } from './expiry.ts';

const NS = 'jabber:client';

/** What was said so long before it came is late. Less is the difference of two clocks. */
const LATE_MS = 60_000;
/** RFC 5646 in short; anything else is left out. */
const LANGUAGE = /^[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8})*$/;
/** RFC 3261 §20.17. */
const SIP_DATE = /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: XML has no place for them
const NOT_IN_XML = /[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/g;

/**
 * A MESSAGE as the XMPP element that the middle handles (RFC 7572 §5, table 2): its body, Subject, Content-Language, and
 * Call-ID as thread; and what RFC 7572 leaves out: Date, Expires.
 * @param maxBytes of its body, unpacked
 * @returns undefined for content that asks nobody to do anything
 * @throws {SipError} 400, 413, 415
 */
export function readMessage(contents: Contents, arriving: Arriving, maxBytes: number): Element | undefined {
  const { request, from, to } = arriving;
  const content = readContent(contents, arriving, maxBytes);
  if (content === undefined) return undefined;
  const attributes: Record<string, string> = {
    from: jidOf(from),
    to: jidOf(to),
    type: 'chat',
    id: forXml(content.id ?? idOf(request)),
  };
  const language = request.header('content-language');
  if (language !== undefined && LANGUAGE.test(language)) attributes['xml:lang'] = language;
  return new Element('message', NS, attributes, [
    ...subjectsOf(content, request),
    ...textOf(content, request),
    ...(content.extensions ?? []),
    ...additionsTo(content, contents, arriving),
    ...timesOf(content, arriving),
  ]);
}

function readContent(contents: Contents, arriving: Arriving, maxBytes: number): Content | undefined {
  const { request } = arriving;
  const type = request.header('content-type');
  if (request.body === '') return undefined;
  if (type === undefined) throw new SipError(400, 'A Body Needs A Content-Type');
  const body = decodeBody(request.body, request.header('content-encoding'), maxBytes);
  return contents.read(body, type, arriving);
}

function subjectsOf({ subjects, text }: Content, request: SipRequest): Element[] {
  if (subjects !== undefined && subjects.length > 0) {
    return subjects.map((subject) => {
      const language = LANGUAGE.test(subject.language) ? subject.language : undefined;
      return element('subject', NS, { 'xml:lang': language }, forXml(subject.text));
    });
  }
  const subject = text === undefined ? undefined : request.header('subject');
  return subject === undefined ? [] : [element('subject', NS, {}, forXml(readText(subject)))];
}

function textOf({ text }: Content, { callId }: SipRequest): Element[] {
  if (text === undefined) return [];
  return [element('body', NS, {}, forXml(text)), element('thread', NS, {}, forXml(readText(callId)))];
}

function additionsTo({ text }: Content, { additions }: Contents, arriving: Arriving): Element[] {
  const added: Element[] = [];
  if (text === undefined) return added;
  for (const add of additions) {
    const one = add(arriving);
    if (one !== undefined) added.push(one);
  }
  return added;
}

/** When it was said, where that was long ago (XEP-0203), and until when it is of use. Passing states have neither. */
function timesOf(content: Content, { request, at }: Arriving): Element[] {
  if (content.text === undefined) return [];
  const saidAt = content.saidAt ?? readDate(request);
  const expiresAt = readExpires(request, at);
  const times: Element[] = [];
  if (saidAt !== undefined && saidAt < at - LATE_MS) {
    times.push(element('delay', NS_DELAY, { stamp: writeDateTime(saidAt) }));
  }
  if (expiresAt !== undefined) times.push(expiryRule(expiresAt));
  return times;
}

function readDate(request: SipRequest): number | undefined {
  const value = request.header('date');
  if (value === undefined || !SIP_DATE.test(value)) return undefined;
  const at = Date.parse(value);
  return Number.isNaN(at) ? undefined : at;
}

function jidOf({ address, device }: Arriving['from']): string {
  return device === '' ? address : `${address}/${device}`;
}

/** What XML 1.0 cannot hold (§2.2) is shown as U+FFFD. */
export function forXml(text: string): string {
  return text.toWellFormed().replace(NOT_IN_XML, '\ufffd');
}

/** One that its sender can be told of later: the same for each retransmission. */
function idOf(request: SipRequest): string {
  return readText(`${request.callId}:${request.cseq.number}`);
}
