import { type Condition, type Except, HANDLINGS, type Handling, type Identity, type Rule } from './pres-rules.ts';
import { combine, NO_TRANSFORMATIONS, type Transformations } from './pres-rules-transformations.ts';

/** Who asks, and when. */
export interface RuleContext {
  /** The URI that somebody has proved to be; undefined for who has proved nothing. */
  readonly watcher: string | undefined;
  /** Epoch milliseconds. */
  readonly now: number;
  /** Where the presentity is said to be (`sphereOf`). */
  readonly sphere?: string | undefined;
  /** Whether the watcher stands in a list that is elsewhere. */
  isInList?(anchor: string): boolean;
}

export interface Decision {
  readonly handling: Handling;
  readonly provided: Transformations;
  /** Rules that apply, in the order of the document. */
  readonly rules: readonly string[];
}

/**
 * RFC 4745 §10: every rule whose conditions hold applies, and the most generous value of each permission is granted.
 * Where none says anything, nothing is (RFC 5025 §3.2.1: block).
 */
export function decide(rules: readonly Rule[], context: RuleContext): Decision {
  const address = context.watcher === undefined ? undefined : comparable(context.watcher);
  const holding = rules.filter((rule) => holds(rule, context, address));
  // OMA: rules for others are for whom no other rule names.
  const isNamed = address === undefined || holding.some((rule) => !isForOthers(rule) && namesSomebody(rule));
  const applied = isNamed ? holding.filter((rule) => !isForOthers(rule)) : holding;
  let level = 0;
  let provided = NO_TRANSFORMATIONS;
  for (const { handling = 'block', transformations } of applied) {
    level = Math.max(level, HANDLINGS.indexOf(handling));
    provided = combine(provided, transformations);
  }
  return { handling: HANDLINGS[level]!, provided, rules: applied.map(({ id }) => id) };
}

function isForOthers({ conditions }: Rule): boolean {
  return conditions.some(({ kind }) => kind === 'other-identity');
}

function namesSomebody({ conditions }: Rule): boolean {
  return conditions.some(({ kind }) => kind === 'identity' || kind === 'external-list');
}

function holds({ conditions }: Rule, context: RuleContext, address: string | undefined): boolean {
  return conditions.every((condition) => isTrue(condition, context, address));
}

function isTrue(condition: Condition, context: RuleContext, address: string | undefined): boolean {
  switch (condition.kind) {
    case 'identity':
      return address !== undefined && condition.identities.some((identity) => isOne(identity, address));
    case 'sphere':
      return context.sphere !== undefined && context.sphere.toLowerCase() === condition.value.toLowerCase();
    case 'validity':
      return condition.periods.some(({ fromAt, untilAt }) => fromAt <= context.now && context.now < untilAt);
    case 'external-list':
      return address !== undefined && condition.anchors.some((anchor) => context.isInList?.(anchor) === true);
    case 'anonymous-request':
      return address === undefined;
    case 'other-identity':
      return true;
    case 'unknown':
      return false;
  }
}

/** RFC 4745 §7.1: `many` is everybody who has proved who it is. */
function isOne(identity: Identity, address: string): boolean {
  if (identity.kind === 'one') return comparable(identity.id) === address;
  if (identity.domain !== undefined && domainOf(address) !== identity.domain.toLowerCase()) return false;
  return !identity.except.some((except) => isExcepted(except, address));
}

function isExcepted(except: Except, address: string): boolean {
  if (except.kind === 'domain') return domainOf(address) === except.domain.toLowerCase();
  return comparable(except.id) === address;
}

/**
 * One form of all the URIs that stand for one person: sip, sips, pres, im and xmpp are faces of one account, and
 * parameters do not make another.
 */
export function comparable(uri: string): string {
  const text = uri.trim().toLowerCase();
  const found = /^([a-z][a-z0-9+.-]*):([^;?]*)/.exec(text);
  if (found === null) return text;
  const [, scheme, rest] = found;
  if (scheme === 'tel') return rest!.replace(/[-.()]/g, '');
  return unescapeUser(rest!.replace(/:\d+$/, ''));
}

function unescapeUser(text: string): string {
  return text.replace(/%([0-7][0-9a-f])/g, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)).toLowerCase(),
  );
}

function domainOf(address: string): string {
  return address.slice(address.lastIndexOf('@') + 1);
}
