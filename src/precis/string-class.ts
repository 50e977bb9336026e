/** RFC 8264 §4: the two string classes, of which every profile is a narrower form. */
import { Failure } from '#base/failure.ts';
import { contextRefusal } from './context-rules.ts';
import { derivedProperty } from './derived-property.ts';

/** The IdentifierClass is for names of things, the FreeformClass for passwords and names of people. */
export type StringClass = 'IdentifierClass' | 'FreeformClass';

/** @throws {Failure} 'malformed' when a code point is not in the class, or stands where it may not */
export function requireClass(text: string, stringClass: StringClass): void {
  let needsContext = false;
  for (const character of text) {
    const codePoint = character.codePointAt(0)!;
    const property = derivedProperty(codePoint);
    if (property === 'PVALID' || (property === 'FREE_PVAL' && stringClass === 'FreeformClass')) continue;
    if (property === 'CONTEXTJ' || property === 'CONTEXTO') needsContext = true;
    else throw new Failure('malformed', `${named(codePoint)} is not in the ${stringClass} (RFC 8264)`);
  }
  const refusal = needsContext ? contextRefusal(text) : undefined;
  if (refusal !== undefined) throw new Failure('malformed', `${refusal} (RFC 5892 appendix A)`);
}

const named = (codePoint: number) => `U+${codePoint.toString(16).toUpperCase().padStart(4, '0')}`;
