/** Whether a text is a vCard 3.0 (RFC 2426): its frame, its lines, and what has to be in it. Pure. */

/** RFC 2426 §4: [group.]name[;parameters]:value, where a parameter's value may be in quotes. */
const LINE =
  /^(?:[A-Za-z0-9-]+\.)?([A-Za-z0-9-]+)(?:;[A-Za-z0-9-]+(?:=(?:"[^"]*"|[^";:,]*)(?:,(?:"[^"]*"|[^";:,]*))*)?)*:(.*)$/;

/** @returns what is wrong; undefined where nothing is */
export function vcardFault(text: string): string | undefined {
  const lines = unfold(text);
  if (!/^BEGIN:VCARD\s*$/i.test(lines[0] ?? '')) return 'Info does not begin with BEGIN:VCARD';
  if (!/^END:VCARD\s*$/i.test(lines.at(-1) ?? '')) return 'Info does not end with END:VCARD';
  const found = new Map<string, string>();
  for (const line of lines.slice(1, -1)) {
    const parts = LINE.exec(line);
    if (parts === null) return `Info has a line that is none of a vCard: ${line.slice(0, 40)}`;
    found.set(parts[1]!.toUpperCase(), parts[2]!.trim());
  }
  if (found.has('BEGIN') || found.has('END')) return 'Info holds more than one vCard';
  if (found.get('VERSION') !== '3.0') return 'Info is not of version 3.0';
  return found.has('FN') || found.has('N') ? undefined : 'Info names nobody: FN and N are missing';
}

/** RFC 2425 §5.8.1: a line that begins with a blank goes on with the one before. */
function unfold(text: string): string[] {
  return text
    .trim()
    .replace(/\r?\n[ \t]/g, '')
    .split(/\r?\n/);
}
