/** When a subscription that was lost is tried again (RFC 6665 §4.1.3, §4.1.2.1). Milliseconds; undefined: it is not. */

const SOON_MS = 1000;
const MIN_MS = 5000;
const MAX_MS = 300_000;

/** Refusals that another attempt meets as well. */
const FINAL: ReadonlySet<number> = new Set([400, 403, 404, 405, 406, 410, 415, 416, 420, 484, 489, 501, 603, 604]);

/** @param state the value of Subscription-State that says 'terminated' */
export function afterEnd(state: string): number | undefined {
  const reason = /;\s*reason\s*=\s*([\w-]+)/i.exec(state)?.[1]?.toLowerCase();
  const retryAfter = Number.parseInt(/;\s*retry-after\s*=\s*(\d+)/i.exec(state)?.[1] ?? '', 10);
  switch (reason) {
    case 'rejected':
    case 'noresource':
    case 'invariant':
      return undefined;
    case 'deactivated':
    case 'timeout':
      return SOON_MS;
    default:
      return retryAfter > 0 ? retryAfter * 1000 : MIN_MS;
  }
}

/** @param attempts in a row that were in vain */
export function afterFailure(status: number, retryAfter: string | undefined, attempts: number): number | undefined {
  if (status === 481) return SOON_MS;
  const seconds = Number.parseInt(retryAfter ?? '', 10);
  if (seconds > 0) return Math.min(seconds * 1000, MAX_MS);
  if (FINAL.has(status)) return undefined;
  return Math.min(MIN_MS * 2 ** attempts, MAX_MS);
}
