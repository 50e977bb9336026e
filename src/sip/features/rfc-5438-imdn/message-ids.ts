/**
 * Ids of messages on both sides: any text in XMPP, a token in SIP (RFC 5438 §13.2). One to one, so that what comes back
 * names the same message.
 */
import { readText, writeText } from '../../wire/byte-string.ts';
import { isToken } from '../../wire/text.ts';

const PREFIX = 'b64.';

/** @returns a byte string */
export function toMessageId(id: string): string {
  const bytes = writeText(id);
  if (isToken(bytes) && !bytes.startsWith(PREFIX)) return bytes;
  return `${PREFIX}${Buffer.from(bytes, 'latin1').toString('base64url')}`;
}

/** @param messageId as it stands in an envelope or a document: text */
export function fromMessageId(messageId: string): string {
  if (!messageId.startsWith(PREFIX)) return messageId;
  const id = readText(Buffer.from(messageId.slice(PREFIX.length), 'base64url').toString('latin1'));
  return toMessageId(id) === messageId ? id : messageId;
}
