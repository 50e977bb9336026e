/** What presence rules (RFC 4745, RFC 5025) are for a contact list and a block list, and what they say beyond them. Pure. */
import { isWhole } from '#presence/rules/portion.ts';
import { isAbout, type PresenceRule, type Whom } from '#presence/rules/rule.ts';
import type { Element } from '#xml/element.ts';
import type { Condition, Identity, Rule } from '../../bodies/pres-rules.ts';
import { contactOf } from './contact-uris.ts';
import { readRules } from './rules-schema.ts';
import { constraint } from './validation.ts';

export interface Permissions {
  /** On the contact list: may see the account, all of it or what `rules` say. */
  readonly allowed: ReadonlySet<string>;
  /** On the block list. Addresses and domains. */
  readonly blocked: ReadonlySet<string>;
  /** What neither of them can hold. */
  readonly rules: readonly PresenceRule[];
}

/**
 * Who is allowed by one rule is allowed (RFC 4745 §10.2), and on the contact list, who is blocked by name on the block
 * list. A rule that blocks somebody by name counts for more than one that has everybody confirmed.
 * @throws {XcapError} 'constraint-failure' for what we cannot do
 */
export function readPermissions(root: Element): Permissions {
  const allowed = new Set<string>();
  const blocked = new Set<string>();
  const confirmed = new Set<string>();
  const kinds = { plain: [] as PresenceRule[], further: [] as PresenceRule[], confirming: [] as PresenceRule[] };
  for (const said of readRules(root)) {
    const rule = presenceRuleOf(said);
    if (rule === undefined) continue;
    const isUnconditional = !isConditional(rule);
    if (rule.handling === 'allow') for (const one of onesOf(rule)) allowed.add(one);
    if (rule.handling === 'confirm') {
      kinds.confirming.push(rule);
      if (isUnconditional) for (const one of onesOf(rule)) confirmed.add(one);
    } else if (isForLists(rule)) {
      kinds.plain.push(rule);
      if (rule.handling === 'block') for (const whom of rule.whom ?? []) blocked.add(nameOf(whom));
    } else kinds.further.push(rule);
  }
  for (const one of [...allowed, ...confirmed]) blocked.delete(one);
  checkDomains(allowed, blocked);
  return { allowed, blocked, rules: beyondLists(kinds) };
}

/** Somebody whom a further rule is about has to be named by it as well, for the most generous rule holds. */
function beyondLists(kinds: Record<'plain' | 'further' | 'confirming', readonly PresenceRule[]>): PresenceRule[] {
  const { plain, further, confirming } = kinds;
  if (further.length === 0) return [];
  const alsoPlain = plain.flatMap((rule) => {
    const ones = onesOf(rule).filter((one) => further.some((other) => isAbout(other, one) !== undefined));
    const whom = ones.map((address): Whom => ({ kind: 'one', address }));
    return rule.handling === 'allow' && whom.length > 0 ? [{ ...rule, whom }] : [];
  });
  const isBlocking = further.some(({ handling }) => handling === 'block');
  return [...alsoPlain, ...(isBlocking ? confirming : []), ...further];
}

/** Whether the contact list or the block list holds all that a rule says. */
export function isForLists(rule: PresenceRule): boolean {
  if (isConditional(rule) || rule.whom === undefined) return false;
  if (rule.handling === 'allow') return isWhole(rule.portion) && rule.whom.every(({ kind }) => kind === 'one');
  if (rule.handling !== 'block') return false;
  return rule.whom.every((whom) => whom.kind === 'one' || (whom.domain !== undefined && whom.except.length === 0));
}

function isConditional({ validity, spheres, isForOthers }: PresenceRule): boolean {
  return validity !== undefined || spheres !== undefined || isForOthers === true;
}

function onesOf({ whom = [] }: PresenceRule): string[] {
  return whom.flatMap((one) => (one.kind === 'one' ? one.address : []));
}

function nameOf(whom: Whom): string {
  return whom.kind === 'one' ? whom.address : whom.domain!;
}

/** The block list is looked at first, and knows no exceptions. */
function checkDomains(allowed: Iterable<string>, blocked: ReadonlySet<string>): void {
  for (const one of allowed) {
    const domain = one.slice(one.indexOf('@') + 1);
    if (!blocked.has(domain)) continue;
    throw constraint(
      `${one} cannot be allowed while everybody of ${domain} is blocked: except them from the rule that blocks`,
    );
  }
}

/**
 * A rule in the words of the middle.
 * @returns undefined for one that says nothing of anybody, or never holds (RFC 4745 §7: conditions that nobody knows)
 * @throws {XcapError}
 */
export function presenceRuleOf({ id, conditions, handling, transformations }: Rule): PresenceRule | undefined {
  if (handling === undefined) return undefined;
  const unknown = conditions.find(({ kind }) => NEVER.includes(kind));
  if (unknown !== undefined && handling === 'allow') {
    throw constraint(
      `a permission has no condition ${unknown.kind === 'unknown' ? unknown.element.name : unknown.kind}`,
    );
  }
  const identities = conditions.filter((condition) => condition.kind === 'identity');
  if (identities.length > 1) throw constraint('a rule has one identity');
  const whom = identities[0]?.identities.map(whomOf);
  const validity = conditions.flatMap((condition) => (condition.kind === 'validity' ? [condition.periods] : []));
  const spheres = conditions.flatMap((condition) => (condition.kind === 'sphere' ? [condition.value] : []));
  if (unknown !== undefined || whom?.length === 0) return undefined;
  return {
    id,
    ...(whom && { whom }),
    ...(conditions.some(({ kind }) => kind === 'other-identity') && { isForOthers: true as const }),
    ...(validity.length > 0 && { validity }),
    ...(spheres.length > 0 && { spheres }),
    handling,
    portion: transformations,
  };
}

/** Who watches has an account, and is on no list elsewhere. */
const NEVER: readonly Condition['kind'][] = ['unknown', 'anonymous-request', 'external-list'];

function whomOf(identity: Identity): Whom {
  if (identity.kind === 'one') return { kind: 'one', address: personOf(identity.id) };
  const except = identity.except.map((one) => (one.kind === 'id' ? personOf(one.id) : domainOf(one.domain)));
  if (identity.domain === undefined) return { kind: 'many', except };
  return { kind: 'many', domain: domainOf(identity.domain), except };
}

function personOf(id: string): string {
  const address = contactOf(id);
  if (address?.includes('@')) return address;
  throw constraint(`${id} can be nobody's address: it takes a sip, sips, im or pres URI`);
}

function domainOf(domain: string): string {
  const address = contactOf(`sip:${domain}`);
  if (address === undefined) throw constraint(`${domain} is no domain`);
  return address;
}
