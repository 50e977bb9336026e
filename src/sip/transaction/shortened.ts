/** What every challenge begins with. */
const CHALLENGE = /^(?:WWW|Proxy)-Authenticate:/;

/**
 * A response for somebody who has proved nothing: without as many of the header lines that were added to what is echoed,
 * from the last one on, as it is too long by. Over UDP anybody can ask in the name of anybody, who would get what was not
 * asked for: that must not be worth the while of whoever sends (RFC 3261 §26.1.5).
 * @param head  the lines that were added
 * @returns undefined where it is too long without them too, or a challenge would ask for nothing
 */
export function shortened(text: string, head: string, maxBytes: number): string | undefined {
  if (text.length <= maxBytes) return text;
  const at = text.lastIndexOf(head);
  const lines = head.split('\r\n').slice(0, -1);
  let kept = head;
  while (text.length - head.length + kept.length > maxBytes) {
    if (lines.length === 0) return undefined;
    const { length } = lines.pop()!;
    kept = kept.slice(0, kept.length - length - 2);
  }
  if (CHALLENGE.test(head) && kept === '') return undefined;
  return text.slice(0, at) + kept + text.slice(at + head.length);
}
