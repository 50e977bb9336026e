/** A final response of one branch, or what stands for it where none came. */
export interface Outcome {
  readonly status: number;
  readonly reason: string;
  /** Name in lower case, value, and so on: without our Via. Empty for one that we have made up. */
  readonly headers: readonly string[];
  readonly body: string;
}

/** RFC 3261 §16.7 step 6: these tell the caller how to ask again. */
const HELPFUL = new Set([401, 407, 415, 420, 484]);
/** These tell of one way only, not of whom was asked for. */
const POOR = new Set([408, 430, 480, 487, 503]);

/**
 * RFC 3261 §16.7 steps 6 and 7: of the final responses of all branches, none of which is 2xx, the one to pass on. Has
 * the challenges of all, where it is one.
 */
export function bestResponse(outcomes: readonly Outcome[]): Outcome {
  const best = outcomes.toSorted((a, b) => rank(a) - rank(b))[0]!;
  if (isChallenge(best)) return withAllChallenges(best, outcomes);
  // Whoever gets a 503 asks nobody here any more, but only that branch was overloaded.
  if (best.status === 503 && best.headers.length > 0) {
    return { ...best, status: 500, reason: 'Server Internal Error' };
  }
  // RFC 5626 §5.3: that is between us and who could have asked for another flow.
  if (best.status === 430) return { status: 480, reason: 'Temporarily Unavailable', headers: [], body: '' };
  return best;
}

/** The lower, the better: 6xx, then by class; within a class what helps, then what does not matter. */
function rank({ status }: Outcome): number {
  if (status >= 600) return 0;
  return Math.floor(status / 100) * 10 + (HELPFUL.has(status) ? 0 : POOR.has(status) ? 2 : 1);
}

function isChallenge({ status }: Outcome): boolean {
  return status === 401 || status === 407;
}

function withAllChallenges(best: Outcome, outcomes: readonly Outcome[]): Outcome {
  const more = outcomes
    .filter((other) => other !== best && isChallenge(other))
    .flatMap(({ headers }) => headers.filter((_, i) => isChallengeHeader(headers[i - (i % 2)]!)));
  return { ...best, headers: [...best.headers, ...more] };
}

function isChallengeHeader(name: string): boolean {
  return name === 'www-authenticate' || name === 'proxy-authenticate';
}
