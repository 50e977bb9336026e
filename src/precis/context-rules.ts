/**
 * The contextual rules of RFC 5892 appendix A, to which RFC 8264 §4 sends us: where a code point that is CONTEXTJ or
 * CONTEXTO may stand. Each rule is asked once about the whole text, so that the work grows with its length only.
 */
import { CodePointRuns } from './code-point-runs.ts';
import { JOINING_TYPE } from './unicode-tables.ts';

const joiningType = new CodePointRuns(JOINING_TYPE);

/** Rules A.3 to A.9: what is wrong where a code point that is CONTEXTO stands, and how to see it. */
const REFUSALS: [string, (text: string) => boolean][] = [
  ['U+00B7 (middle dot) stands elsewhere than between two l', (text) => /(?<!l)\u00b7|\u00b7(?!l)/u.test(text)],
  ['U+0375 (Greek lower numeral sign) has no Greek after it', (text) => /\u0375(?!\p{Script=Greek})/u.test(text)],
  ['a Hebrew punctuation mark has no Hebrew before it', (text) => /(?<!\p{Script=Hebrew})[\u05f3\u05f4]/u.test(text)],
  [
    'U+30FB (Katakana middle dot) is in a text without Hiragana, Katakana or Han',
    (text) => text.includes('\u30fb') && !/[\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Han}]/u.test(text),
  ],
  [
    'Arabic-Indic digits are mixed with extended ones',
    (text) => /[\u0660-\u0669]/.test(text) && /[\u06f0-\u06f9]/.test(text),
  ],
];

/** @returns what is wrong with the text, as part of a sentence, or undefined */
export function contextRefusal(text: string): string | undefined {
  const refusal = REFUSALS.find(([, isWrong]) => isWrong(text));
  if (refusal !== undefined) return refusal[0];
  return /\p{Join_Control}/u.test(text) ? joinerRefusal([...text]) : undefined;
}

/** Rules A.1 and A.2: joiners follow a virama; ZWNJ may also stand where it parts two letters that would join. */
function joinerRefusal(characters: string[]): string | undefined {
  for (const [at, character] of characters.entries()) {
    if (character !== '\u200c' && character !== '\u200d') continue;
    if (isVirama(characters[at - 1])) continue;
    if (character === '\u200c' && partsJoiningLetters(characters, at)) continue;
    return `U+${character === '\u200c' ? '200C' : '200D'} (a joiner) stands where it changes nothing`;
  }
  return undefined;
}

/** (Joining_Type:{L,D})(Joining_Type:T)* before, (Joining_Type:T)*(Joining_Type:{R,D}) after. */
function partsJoiningLetters(characters: string[], at: number): boolean {
  const before = nextJoining(characters, at, -1);
  const after = nextJoining(characters, at, 1);
  return (before === 'L' || before === 'D') && (after === 'R' || after === 'D');
}

function nextJoining(characters: string[], at: number, step: 1 | -1): string | undefined {
  for (let i = at + step; i >= 0 && i < characters.length; i += step) {
    const type = joiningType.of(characters[i]!.codePointAt(0)!);
    if (type !== 'T') return type;
  }
  return undefined;
}

/**
 * Whether its Canonical_Combining_Class is Virama (9). JavaScript does not tell the class, but canonical ordering shows
 * it: such a mark goes behind one of class 8 (U+3099) and before one of class 10 (U+05B0).
 */
function isVirama(character: string | undefined): boolean {
  if (character === undefined || character === '\u3099' || character === '\u05b0') return false;
  return (
    `${character}\u3099`.normalize('NFD') === `\u3099${character}` &&
    `\u05b0${character}`.normalize('NFD') === `${character}\u05b0`
  );
}
