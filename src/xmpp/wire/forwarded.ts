/** XEP-0297: Stanza Forwarding, version 1.0. A message inside of another one. */
import { writeDateTime } from '#xml/date-time.ts';
import { NS_CLIENT, NS_DELAY, NS_FORWARD } from './namespaces.ts';

const START = '<message';

/**
 * @param message serialized where jabber:client is the default namespace; here it says so itself (§3)
 * @param at      when the server received it, epoch milliseconds
 */
export function forwarded(message: string, at?: number): string {
  const delay = at === undefined ? '' : `<delay xmlns='${NS_DELAY}' stamp='${writeDateTime(at)}'/>`;
  const stanza = `${START} xmlns='${NS_CLIENT}'${message.slice(START.length)}`;
  return `<forwarded xmlns='${NS_FORWARD}'>${delay}${stanza}</forwarded>`;
}
