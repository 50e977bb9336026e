import fc from 'fast-check';

/** Any code points at all, half surrogate pairs among them. */
export const anyText = fc.string({ unit: fc.nat(0x10ffff).map((codePoint) => String.fromCodePoint(codePoint)) });
