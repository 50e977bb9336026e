/** RFC 3842 §5: `application/simple-message-summary`, how many messages wait for somebody. */
import { SipError } from '../wire/sip-error.ts';
import { trimSpace } from './mime.ts';

export const MESSAGE_SUMMARY_TYPE = 'application/simple-message-summary';

/** RFC 3458 §6.2, and what RFC 3842 §5.2 writes of them. */
export type ContextClass =
  | 'voice-message'
  | 'video-message'
  | 'fax-message'
  | 'pager-message'
  | 'multimedia-message'
  | 'text-message'
  | 'none';

export interface MessageCounts {
  readonly newMessages: number;
  readonly oldMessages: number;
  /** Of those, the urgent ones; left out where nobody counts them. */
  readonly urgent?: { readonly newMessages: number; readonly oldMessages: number };
}

export interface MessageSummary {
  readonly isWaiting: boolean;
  /** Where the messages are fetched: a URI. */
  readonly account?: string;
  readonly counts: Readonly<Partial<Record<ContextClass, MessageCounts>>>;
  /** Of single messages, their headers: name, value, name, value. */
  readonly messages?: readonly (readonly string[])[];
}

const CLASSES: readonly ContextClass[] = [
  'voice-message',
  'video-message',
  'fax-message',
  'pager-message',
  'multimedia-message',
  'text-message',
  'none',
];
const COUNTS = /^(\d{1,10})[ \t]*\/[ \t]*(\d{1,10})(?:[ \t]*\([ \t]*(\d{1,10})[ \t]*\/[ \t]*(\d{1,10})[ \t]*\))?$/;
/** RFC 3842 §5.2: an unsigned number of 32 bits. */
const MAX_COUNT = 4_294_967_295;
const MAX_LINES = 1000;

/** @returns a byte string */
export function writeMessageSummary({ isWaiting, account, counts, messages = [] }: MessageSummary): string {
  let out = `Messages-Waiting: ${isWaiting ? 'yes' : 'no'}\r\n`;
  if (account !== undefined) out += `Message-Account: ${oneLine(account)}\r\n`;
  for (const name of CLASSES) {
    const found = counts[name];
    if (found !== undefined) out += `${headerName(name)}: ${writeCounts(found)}\r\n`;
  }
  for (const headers of messages) {
    out += '\r\n';
    for (let i = 0; i + 1 < headers.length; i += 2) out += `${oneLine(headers[i]!)}: ${oneLine(headers[i + 1]!)}\r\n`;
  }
  return out;
}

/** @param body a byte string @throws {SipError} 400 */
export function readMessageSummary(body: string): MessageSummary {
  const lines = body.replace(/\r?\n[ \t]+/g, ' ').split(/\r?\n/);
  if (lines.length > MAX_LINES) throw bad('it has too many lines');
  const blank = lines.indexOf('');
  const [first, ...rest] = lines.slice(0, blank < 0 ? lines.length : blank).map(readLine);
  if (first?.[0].toLowerCase() !== 'messages-waiting') throw bad('it does not begin with Messages-Waiting');
  const counts: Partial<Record<ContextClass, MessageCounts>> = {};
  let account: string | undefined;
  for (const [header, value] of rest) {
    const name = header.toLowerCase();
    if (name === 'message-account') account ??= value;
    else if (isClass(name)) counts[name] ??= readCounts(value);
  }
  const messages = blank < 0 ? [] : readMessages(lines.slice(blank + 1));
  return {
    isWaiting: readWaiting(first[1]),
    counts,
    ...(account !== undefined && { account }),
    ...(messages.length > 0 && { messages }),
  };
}

function isClass(name: string): name is ContextClass {
  return (CLASSES as readonly string[]).includes(name);
}

function readMessages(lines: readonly string[]): string[][] {
  const messages: string[][] = [];
  let current: string[] = [];
  for (const line of [...lines, '']) {
    if (line !== '') current.push(...readLine(line));
    else if (current.length > 0) {
      messages.push(current);
      current = [];
    }
  }
  return messages;
}

function readLine(line: string): [name: string, value: string] {
  const colon = line.indexOf(':');
  const name = trimSpace(line.slice(0, Math.max(colon, 0)));
  if (name === '') throw bad('a line has no name');
  return [name, trimSpace(line.slice(colon + 1))];
}

function readWaiting(value: string): boolean {
  const word = value.toLowerCase();
  if (word !== 'yes' && word !== 'no') throw bad('Messages-Waiting is yes or no');
  return word === 'yes';
}

function readCounts(value: string): MessageCounts {
  const found = COUNTS.exec(value);
  if (found === null) throw bad('a count is malformed');
  const [newMessages, oldMessages, urgentNew, urgentOld] = found.slice(1).map(Number);
  for (const count of found.slice(1)) if (Number(count ?? 0) > MAX_COUNT) throw bad('a count is too large');
  const counts = { newMessages: newMessages!, oldMessages: oldMessages! };
  return found[3] === undefined ? counts : { ...counts, urgent: { newMessages: urgentNew!, oldMessages: urgentOld! } };
}

function writeCounts({ newMessages, oldMessages, urgent }: MessageCounts): string {
  const all = `${newMessages}/${oldMessages}`;
  return urgent === undefined ? all : `${all} (${urgent.newMessages}/${urgent.oldMessages})`;
}

/** `voice-message` is written `Voice-Message`, as everybody does. */
function headerName(name: string): string {
  return name.replace(/(^|-)[a-z]/g, (letters) => letters.toUpperCase());
}

/** A value cannot bring lines of its own. */
function oneLine(value: string): string {
  return value.replace(/[\r\n]+/g, ' ');
}

function bad(why: string): SipError {
  return new SipError(400, `Bad Message Summary: ${why}`);
}
