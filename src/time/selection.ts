/**
 * Which servers tell the truth, and which of them is the best: intersection, clustering and choice of RFC 5905 §11.2. Pure.
 */

/** As `ntpq -p` marks a server: chosen, candidate, outlier, false ticker, or not fit to be asked. */
export type Tally = '*' | '+' | '-' | 'x' | ' ';

/** A server that could be chosen. */
export interface Candidate {
  readonly id: string;
  readonly stratum: number;
  readonly offsetMs: number;
  readonly jitterMs: number;
  /** By how much its time can be wrong at most (lambda of RFC 5905). */
  readonly rootDistanceMs: number;
}

export interface Selection {
  /** Of the best one; undefined when no majority agrees. */
  readonly chosen: string | undefined;
  readonly tallies: ReadonlyMap<string, Tally>;
}

/** So many are kept by clustering (NMIN of RFC 5905). */
const MIN_SURVIVORS = 3;
/** What one stratum more is worth (MAXDIST of RFC 5905). */
const STRATUM_MS = 1000;

/** @param before who was chosen until now: a server of the same stratum that is a little better does not displace it */
export function select(candidates: readonly Candidate[], before: string | undefined): Selection {
  const truth = intersect(candidates);
  const truthful = candidates.filter((one) => truth !== undefined && overlaps(one, truth));
  const survivors = cluster(truthful);
  const chosen = choose(survivors, before);
  const tally = (one: Candidate): Tally => {
    if (!truthful.includes(one)) return 'x';
    if (!survivors.includes(one)) return '-';
    return one.id === chosen ? '*' : '+';
  };
  return { chosen, tallies: new Map(candidates.map((one) => [one.id, tally(one)])) };
}

interface Interval {
  readonly lowMs: number;
  readonly highMs: number;
}

/** The smallest interval that holds a point of more than half of the servers' intervals (RFC 5905 §11.2.1). */
function intersect(candidates: readonly Candidate[]): Interval | undefined {
  const edges = candidates.flatMap(({ offsetMs, rootDistanceMs }) => [
    { atMs: offsetMs - rootDistanceMs, side: 1 },
    { atMs: offsetMs, side: 0 },
    { atMs: offsetMs + rootDistanceMs, side: -1 },
  ]);
  // Intervals that touch have a point in common: where edges meet, beginnings come first.
  edges.sort((a, b) => a.atMs - b.atMs || b.side - a.side);
  const downward = [...edges].reverse();
  for (let falseTickers = 0; 2 * falseTickers < candidates.length; falseTickers++) {
    const needed = candidates.length - falseTickers;
    const low = firstShared(edges, 1, needed);
    const high = firstShared(downward, -1, needed);
    if (low === undefined || high === undefined || low.middles + high.middles > falseTickers) continue;
    if (high.atMs >= low.atMs) return { lowMs: low.atMs, highMs: high.atMs };
  }
  return undefined;
}

/** The first edge where as many intervals as needed are open, and how many middles were passed on the way there. */
function firstShared(
  edges: readonly { atMs: number; side: number }[],
  opens: 1 | -1,
  needed: number,
): { atMs: number; middles: number } | undefined {
  let open = 0;
  let middles = 0;
  for (const { atMs, side } of edges) {
    open += side * opens;
    if (open >= needed) return { atMs, middles };
    if (side === 0) middles++;
  }
  return undefined;
}

function overlaps({ offsetMs, rootDistanceMs }: Candidate, { lowMs, highMs }: Interval): boolean {
  return offsetMs + rootDistanceMs >= lowMs && offsetMs - rootDistanceMs <= highMs;
}

const merit = ({ stratum, rootDistanceMs }: Candidate) => stratum * STRATUM_MS + rootDistanceMs;

/** Takes away who is farthest from the others, while that makes the rest agree better (RFC 5905 §11.2.2). */
function cluster(truthful: readonly Candidate[]): Candidate[] {
  const survivors = [...truthful].sort((a, b) => merit(a) - merit(b));
  while (survivors.length > MIN_SURVIVORS) {
    const spreads = survivors.map((one) => spread(one, survivors));
    const widest = Math.max(...spreads);
    if (widest <= Math.min(...survivors.map(({ jitterMs }) => jitterMs))) break;
    survivors.splice(spreads.lastIndexOf(widest), 1);
  }
  return survivors;
}

/** How far the others are from one: root mean square, in milliseconds. */
function spread(one: Candidate, all: readonly Candidate[]): number {
  const squares = all.reduce((sum, { offsetMs }) => sum + (offsetMs - one.offsetMs) ** 2, 0);
  return Math.sqrt(squares / (all.length - 1));
}

function choose(survivors: readonly Candidate[], before: string | undefined): string | undefined {
  const [best] = survivors;
  const held = survivors.find(({ id }) => id === before);
  return held !== undefined && best !== undefined && held.stratum <= best.stratum ? held.id : best?.id;
}
