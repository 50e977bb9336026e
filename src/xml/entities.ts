import { XmlError } from './parser.ts';

const REFERENCE = /&(?:(amp|lt|gt|quot|apos)|#([0-9]{1,8})|#x([0-9A-Fa-f]{1,8}));|&/g;
const NAMED: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

/** Replaces the references of XML 1.0 §4.1, of which there are no others without a document type. @throws {XmlError} */
export function unescapeXml(text: string): string {
  if (!text.includes('&')) return text;
  return text.replace(REFERENCE, (_, name?: string, decimal?: string, hex?: string) => {
    if (name !== undefined) return NAMED[name]!;
    if (decimal !== undefined) return character(Number(decimal));
    if (hex !== undefined) return character(Number.parseInt(hex, 16));
    throw new XmlError('not-well-formed', 'a reference to something that is not there');
  });
}

/** XML 1.0 §2.2, §4.1 "Legal Character". */
function character(code: number): string {
  const isLegal =
    code === 0x9 ||
    code === 0xa ||
    code === 0xd ||
    (code >= 0x20 && code <= 0xd7ff) ||
    (code >= 0xe000 && code <= 0xfffd) ||
    (code >= 0x10000 && code <= 0x10ffff);
  if (!isLegal) throw new XmlError('not-well-formed', 'a reference to a character that XML does not allow');
  return String.fromCodePoint(code);
}
