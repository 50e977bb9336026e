import { SipError } from './sip-error.ts';

/** RFC 3261 §20.16. */
export interface CSeq {
  readonly number: number;
  readonly method: string;
}

const CSEQ = /^([0-9]+)[ \t]+([A-Za-z0-9!%'*+._`~-]+)$/;
/** RFC 3261 §8.1.1.5: it must be less than that. */
const LIMIT = 2 ** 31;

/** @throws {SipError} 400 */
export function parseCSeq(value: string): CSeq {
  const match = CSEQ.exec(value);
  if (match === null) throw new SipError(400, 'Bad CSeq');
  const number = Number(match[1]);
  if (number >= LIMIT) throw new SipError(400, 'CSeq Number Too Large');
  return { number, method: match[2]! };
}
