/** RFC 5893 §2: when a text with right-to-left characters can be read in one way only. */
import { CodePointRuns } from './code-point-runs.ts';
import { BIDI_CLASS } from './unicode-tables.ts';

const bidiClass = new CodePointRuns(BIDI_CLASS);

const RIGHT_TO_LEFT = new Set(['R', 'AL', 'AN']);
const IN_EITHER = ['EN', 'ES', 'CS', 'ET', 'ON', 'BN', 'NSM'];
const IN_RTL = new Set([...RIGHT_TO_LEFT, ...IN_EITHER]);
const IN_LTR = new Set(['L', ...IN_EITHER]);
const RTL_END = new Set([...RIGHT_TO_LEFT, 'EN']);
const LTR_END = new Set(['L', 'EN']);

/** The first code point that is R, AL or AN. */
const FIRST_RTL = 0x590;

/** @returns whether the text holds the Bidi Rule, or has no right-to-left character, so that the rule says nothing */
export function holdsBidiRule(text: string): boolean {
  if (!mayHaveRightToLeft(text)) return true;
  const classes = Array.from(text, (character) => bidiClass.of(character.codePointAt(0)!));
  return !classes.some((found) => RIGHT_TO_LEFT.has(found)) || satisfies(classes);
}

function mayHaveRightToLeft(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) >= FIRST_RTL) return true;
  return false;
}

/** The six conditions of §2, in their order. */
function satisfies(classes: string[]): boolean {
  const first = classes[0]!;
  const end = classes.findLast((found) => found !== 'NSM');
  if (first === 'R' || first === 'AL') {
    return (
      classes.every((found) => IN_RTL.has(found)) &&
      RTL_END.has(end!) &&
      !(classes.includes('EN') && classes.includes('AN'))
    );
  }
  return first === 'L' && classes.every((found) => IN_LTR.has(found)) && LTR_END.has(end!);
}
