/** What rules come to for one watcher (RFC 4745 §10, RFC 5025 §3). Pure. */
import { combine, isWhole, NO_PORTION, type Portion } from './portion.ts';
import { HANDLINGS, type Handling, isAbout, type PresenceRule } from './rule.ts';

/** What holds now. */
export interface Circumstances {
  /** Epoch milliseconds. */
  readonly now: number;
  /** What the account says its sphere is. */
  readonly sphere: string | undefined;
}

export interface Judgement {
  /** The most generous of all rules that hold; undefined: none holds now. */
  readonly handling: Handling | undefined;
  /** It is said of everybody, or of a whole domain, and not of this watcher by name. */
  readonly isOfMany: boolean;
  /** A rule that allows is about the watcher and does not hold now. */
  readonly hasLapsed: boolean;
  /** What is shown to who is allowed; undefined: all there is. */
  readonly portion: Portion | undefined;
  /** Ids of the rules that hold, in their order. */
  readonly rules: readonly string[];
}

/** Whether somebody may watch: 'pending' until the owner has decided, 'denied': is shown somebody who is not there. */
export type Verdict = 'allowed' | 'pending' | 'denied';

/** @returns undefined where no rule is about the watcher */
export function judge(rules: readonly PresenceRule[], address: string, at: Circumstances): Judgement | undefined {
  const concerned = rulesFor(rules, address);
  if (concerned.length === 0) return undefined;
  const holding = concerned.filter((rule) => holds(rule, at));
  const level = Math.max(-1, ...holding.map(({ handling }) => HANDLINGS.indexOf(handling)));
  const deciding = holding.filter(({ handling }) => HANDLINGS.indexOf(handling) === level);
  const isAllowed = HANDLINGS[level] === 'allow';
  const portion = isAllowed ? deciding.map((rule) => rule.portion).reduce(combine, NO_PORTION) : undefined;
  return {
    handling: HANDLINGS[level],
    isOfMany: deciding.every((rule) => isAbout(rule, address) === 'many'),
    hasLapsed: !isAllowed && concerned.some(({ handling }) => handling === 'allow'),
    portion: portion === undefined || isWhole(portion) ? undefined : portion,
    rules: holding.map(({ id }) => id),
  };
}

/** Those about one watcher. OMA: rules for others are for whom no other rule is about. */
function rulesFor(rules: readonly PresenceRule[], address: string): PresenceRule[] {
  const concerned = rules.filter((rule) => isAbout(rule, address) !== undefined);
  const named = concerned.filter(({ isForOthers }) => !isForOthers);
  return named.length > 0 ? named : concerned;
}

function holds({ validity, spheres }: PresenceRule, { now, sphere }: Circumstances): boolean {
  const isTime = validity?.every((periods) => periods.some(({ fromAt, untilAt }) => fromAt <= now && now < untilAt));
  const isPlace = spheres?.every((wanted) => wanted.toLowerCase() === sphere?.toLowerCase());
  return isTime !== false && isPlace !== false;
}

/**
 * What follows for somebody whom the contact list has admitted, or not. Whom it admits by hand is admitted, unless rules
 * name them; who is no contact sees what rules for many allow.
 */
export function verdictOf(judgement: Judgement | undefined, isAdmitted: boolean): Verdict {
  if (judgement === undefined) return isAdmitted ? 'allowed' : 'pending';
  const { handling, isOfMany, hasLapsed } = judgement;
  if (handling === 'allow') return isAdmitted || isOfMany ? 'allowed' : 'pending';
  if (handling === 'polite-block' && !isOfMany) return 'denied';
  if (isAdmitted) return hasLapsed ? 'denied' : 'allowed';
  return handling === 'block' || handling === 'polite-block' ? 'denied' : 'pending';
}

/** When what holds may be another next, by time alone; undefined: never. */
export function nextTurn(rules: readonly PresenceRule[], now: number): number | undefined {
  let next = Number.POSITIVE_INFINITY;
  for (const { validity = [] } of rules) {
    for (const { fromAt, untilAt } of validity.flat()) {
      if (fromAt > now) next = Math.min(next, fromAt);
      if (untilAt > now) next = Math.min(next, untilAt);
    }
  }
  return next === Number.POSITIVE_INFINITY ? undefined : next;
}
