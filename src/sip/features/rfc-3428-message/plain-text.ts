import type { Element } from '#xml/element.ts';
import type { ContentType } from '../../bodies/mime.ts';
import type { SipDevice } from '../../device.ts';
import { readText, writeText } from '../../wire/byte-string.ts';
import { SipError } from '../../wire/sip-error.ts';
import { abilitiesOf } from './abilities.ts';
import type { Content, Written } from './contents.ts';
import { inLanguage } from './languages.ts';

export const PLAIN_TEXT = 'text/plain;charset=UTF-8';

/** RFC 2046 §4.1.2: without a charset US-ASCII is meant, of which UTF-8 is what everybody sends. */
export function readPlainText(body: string, { parameters }: ContentType): Content {
  switch (parameters.get('charset')?.toLowerCase()) {
    case undefined:
    case 'utf-8':
    case 'us-ascii':
      return { text: readText(body) };
    case 'iso-8859-1':
      return { text: body };
    default:
      throw new SipError(415, 'Text Is In UTF-8', `Accept: ${PLAIN_TEXT}\r\n`);
  }
}

export function writePlainText(message: Element, device: SipDevice): Written | undefined {
  const body = bodyFor(message, device);
  return body === undefined ? undefined : { type: PLAIN_TEXT, body: writeText(body.text()) };
}

/** Of several bodies, the one in a language that the binding has asked for (RFC 6121 §5.2.3). */
export function bodyFor(message: Element, device: SipDevice): Element | undefined {
  // What came back as an error was said by the binding itself.
  if (message.attributes.type === 'error') return undefined;
  return inLanguage(message, 'body', abilitiesOf(device).languages);
}
