/**
 * What the answer of a contact binding says of a message:
 * - 'taken': it has it;
 * - 'message': it will never take this one;
 * - 'binding': it takes none at all, until it registers anew;
 * - 'later': it takes none now.
 */
export type Verdict = 'taken' | 'message' | 'binding' | 'later';

/** RFC 3261 §21, RFC 3428 §7. */
const VERDICTS: ReadonlyMap<number, Verdict> = new Map<number, Verdict>([
  // Of what stands in this one: its form, its size, its type, what a person says of it.
  ...([400, 403, 406, 413, 414, 415, 420, 421, 488, 493, 513, 603, 606] as const).map(
    (one) => [one, 'message'] as const,
  ),
  // There is nobody of that name, or nothing of that kind.
  ...([404, 405, 410, 416, 482, 483, 484, 485, 501, 505, 604] as const).map((one) => [one, 'binding'] as const),
]);

/** @param status final */
export function verdictOf(status: number): Verdict {
  return status < 300 ? 'taken' : (VERDICTS.get(status) ?? 'later');
}
