/** One name: its kind, then its value as it is, or as a JSON string where it holds anything that could mislead. */
const NAME = /([A-Za-z ]+):(?:("(?:[^"\\]|\\.)*")|([^,"]*))(?:, |$)/y;

/**
 * The names in a certificate's subjectAltName.
 * @param text as Node tells it: 'DNS:example.com, URI:sip:example.com'
 * @returns nothing at all when a part cannot be read: better nobody than the wrong one
 */
export function subjectAltNames(text: string): [kind: string, value: string][] {
  const names: [string, string][] = [];
  NAME.lastIndex = 0;
  while (NAME.lastIndex < text.length) {
    const name = NAME.exec(text);
    const value = name?.[2] === undefined ? name?.[3] : unquoted(name[2]);
    if (name === null || value === undefined) return [];
    names.push([name[1]!, value]);
  }
  return names;
}

function unquoted(text: string): string | undefined {
  try {
    return JSON.parse(text) as string;
  } catch {
    return undefined;
  }
}
