/** What presence rules say (RFC 4745, RFC 5025), for a contact list and a block list. Pure. */
import type { Element } from '#xml/element.ts';
import { NS_COMMON_POLICY as NS, NS_PRES_RULES } from '../../bodies/namespaces.ts';
import { contactOf } from './contact-uris.ts';
import { checkNoText, constraint, invalid, required } from './validation.ts';

/** RFC 5025 §3.2.1. */
export type Handling = 'block' | 'confirm' | 'polite-block' | 'allow';

/** Whom a rule is about. */
export interface Identity {
  readonly ones: readonly string[];
  /** Domains of which everybody is meant. */
  readonly domains: readonly string[];
  /** Whether `domains` have exceptions. */
  readonly hasExceptions: boolean;
  readonly isEveryone: boolean;
}

/** What a contact list and a block list can hold. */
export interface Permissions {
  readonly allowed: ReadonlySet<string>;
  /** Addresses and domains. */
  readonly blocked: ReadonlySet<string>;
}

/**
 * Rules are combined as RFC 4745 §10.2 says: who is allowed by one is allowed. A rule that blocks somebody by name
 * counts for more than one that has everybody confirmed.
 * @throws {XcapError} 'constraint-failure' for what permissions of ours cannot say
 */
export function readPresRules(root: Element): Permissions {
  const allowed = new Set<string>();
  const blocked = new Set<string>();
  const confirmed = new Set<string>();
  for (const rule of readRules(root)) {
    const handling = handlingOf(rule);
    if (handling === undefined) continue;
    const { ones, domains, hasExceptions, isEveryone } = identityOf(rule);
    if (handling === 'allow') {
      checkAllowing(rule, isEveryone || domains.length > 0);
      for (const one of ones) allowed.add(one);
    } else if (handling === 'confirm') {
      for (const one of ones) confirmed.add(one);
    } else {
      if (ones.length + domains.length > 0) checkUnconditional(rule);
      if (hasExceptions) throw constraint('a domain is blocked without exceptions');
      for (const one of [...ones, ...domains]) blocked.add(one);
    }
  }
  for (const one of [...allowed, ...confirmed]) blocked.delete(one);
  for (const one of allowed) {
    const domain = one.slice(one.indexOf('@') + 1);
    if (blocked.has(domain)) throw constraint(`${one} cannot be allowed while everybody of ${domain} is blocked`);
  }
  return { allowed, blocked };
}

/** @throws {XcapError} 'schema-validation-error' */
function readRules(root: Element): Element[] {
  if (!root.is('ruleset', NS)) throw invalid('the root is not ruleset');
  checkNoText(root);
  const ids = new Set<string>();
  for (const rule of root.elements()) {
    if (!rule.is('rule', NS)) throw invalid(`ruleset holds no ${rule.name}`);
    const id = required(rule, 'id');
    if (ids.has(id)) throw invalid(`two rules have the id ${id}`);
    ids.add(id);
    checkRule(rule);
  }
  return root.elements();
}

function checkRule(rule: Element): void {
  checkNoText(rule);
  const seen = new Set<string>();
  for (const part of rule.elements()) {
    const isKnown = part.ns === NS && ['conditions', 'actions', 'transformations'].includes(part.name);
    if (!isKnown) throw invalid(`rule holds no ${part.name}`);
    if (seen.has(part.name)) throw invalid(`rule has one ${part.name}`);
    seen.add(part.name);
    checkNoText(part);
  }
}

const HANDLINGS: readonly string[] = ['block', 'confirm', 'polite-block', 'allow'];

/** @returns undefined for a rule that does not say */
export function handlingOf(rule: Element): Handling | undefined {
  const handling = rule.child('actions')?.childText('sub-handling', NS_PRES_RULES)?.trim();
  if (handling === undefined) return undefined;
  if (!HANDLINGS.includes(handling)) throw invalid(`sub-handling is one of ${HANDLINGS.join(', ')}`);
  return handling as Handling;
}

/** RFC 4745 §7.1. A rule without an identity is about everybody. */
export function identityOf(rule: Element): Identity {
  const identities =
    rule
      .child('conditions')
      ?.elements()
      .filter((condition) => condition.is('identity', NS)) ?? [];
  if (identities.length > 1) throw constraint('a rule has one identity');
  const [identity] = identities;
  const ones: string[] = [];
  const domains: string[] = [];
  let hasExceptions = false;
  let isEveryone = identity === undefined;
  for (const who of identity?.elements() ?? []) {
    if (who.is('one', NS)) ones.push(personOf(required(who, 'id')));
    else if (who.is('many', NS)) {
      const domain = who.attribute('domain');
      if (domain === undefined) isEveryone = true;
      else domains.push(domainOf(domain));
      if (domain !== undefined && who.child('except') !== undefined) hasExceptions = true;
      checkMany(who);
    } else if (who.ns === NS) throw invalid(`identity holds no ${who.name}`);
    else throw constraint(`persons are named by one and many, and not by ${who.name}`);
  }
  return { ones, domains, hasExceptions, isEveryone };
}

function checkMany(many: Element): void {
  for (const except of many.elements()) {
    if (except.ns === NS && except.name !== 'except') throw invalid(`many holds no ${except.name}`);
  }
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

function checkAllowing(rule: Element, isMany: boolean): void {
  if (isMany) throw constraint('permission is given to persons, one by one; others are asked about');
  checkUnconditional(rule);
  const given = rule.child('transformations');
  const gives = (name: string, all: string) => given?.child(name, NS_PRES_RULES)?.child(all) !== undefined;
  const isAll =
    gives('provide-services', 'all-services') &&
    gives('provide-persons', 'all-persons') &&
    gives('provide-devices', 'all-devices') &&
    given?.child('provide-all-attributes', NS_PRES_RULES) !== undefined;
  if (!isAll) {
    throw constraint(
      'who may see somebody sees all: it takes all-services, all-persons, all-devices and provide-all-attributes',
    );
  }
}

function checkUnconditional(rule: Element): void {
  for (const condition of rule.child('conditions')?.elements() ?? []) {
    if (!condition.is('identity', NS)) throw constraint(`a permission has no condition ${condition.name}`);
  }
}
