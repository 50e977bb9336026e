/**
 * Presence authorization: RFC 4745 (common policy) with the actions and transformations of RFC 5025, and the conditions
 * that OMA's documents add. What follows from rules is decided in `#presence/rules`.
 */
import type { Portion } from '#presence/rules/portion.ts';
import { HANDLINGS, type Handling } from '#presence/rules/rule.ts';
import type { Element } from '#xml/element.ts';
import { readInstant } from './instant.ts';
import { NS_COMMON_POLICY, NS_PRES_RULES } from './namespaces.ts';
import { readTransformations } from './pres-rules-transformations.ts';
import { badBody, childrenOf, readXml, token } from './xml-body.ts';

export const PRES_RULES_TYPE = 'application/auth-policy+xml';
export const NS_OMA_POLICY = 'urn:oma:xml:xdm:common-policy';

/** RFC 4745 §7.1: one of these is enough. */
export type Identity =
  | { readonly kind: 'one'; readonly id: string }
  | { readonly kind: 'many'; readonly domain?: string; readonly except: readonly Except[] };

export type Except =
  | { readonly kind: 'id'; readonly id: string }
  | { readonly kind: 'domain'; readonly domain: string };

/** RFC 4745 §7: all of a rule's have to hold. */
export type Condition =
  | { readonly kind: 'identity'; readonly identities: readonly Identity[] }
  | { readonly kind: 'sphere'; readonly value: string }
  | { readonly kind: 'validity'; readonly periods: readonly { readonly fromAt: number; readonly untilAt: number }[] }
  | { readonly kind: 'external-list'; readonly anchors: readonly string[] }
  | { readonly kind: 'anonymous-request' }
  | { readonly kind: 'other-identity' }
  /** Which nobody here can judge: never holds. */
  | { readonly kind: 'unknown'; readonly element: Element };

export interface Rule {
  readonly id: string;
  readonly conditions: readonly Condition[];
  readonly handling?: Handling;
  readonly transformations: Portion;
}

const MAX_RULES = 2000;

/** @param body a byte string @throws {SipError} 400 */
export function readPresRules(body: string): Rule[] {
  return rulesOf(readXml(body, 'presence rules', 'ruleset', NS_COMMON_POLICY));
}

/** @throws {SipError} 400 */
export function rulesOf(root: Element): Rule[] {
  const rules = childrenOf(root, 'rule').map(readRule);
  if (rules.length > MAX_RULES) throw bad(`there are more than ${MAX_RULES}`);
  if (new Set(rules.map(({ id }) => id)).size !== rules.length) throw bad('two rules have the same id');
  return rules;
}

function readRule(rule: Element): Rule {
  const id = rule.attribute('id')?.trim();
  if (!id) throw bad('a rule has no id');
  const handling = readHandling(rule.child('actions'));
  return {
    id,
    conditions: rule.child('conditions')?.elements().map(readCondition) ?? [],
    transformations: readTransformations(rule.child('transformations')),
    ...(handling !== undefined && { handling }),
  };
}

function readHandling(actions: Element | undefined): Handling | undefined {
  const text = token(actions?.child('sub-handling', NS_PRES_RULES));
  if (text === undefined) return undefined;
  const handling = HANDLINGS.find((known) => known === text);
  if (handling === undefined) throw bad('sub-handling is block, confirm, polite-block or allow');
  return handling;
}

function readCondition(element: Element): Condition {
  if (element.ns === NS_OMA_POLICY) return readOmaCondition(element);
  if (element.ns !== NS_COMMON_POLICY) return { kind: 'unknown', element };
  switch (element.name) {
    case 'identity':
      return { kind: 'identity', identities: element.elements().flatMap(readIdentity) };
    case 'sphere':
      return { kind: 'sphere', value: required(element, 'value') };
    case 'validity':
      return { kind: 'validity', periods: readPeriods(element) };
    default:
      return { kind: 'unknown', element };
  }
}

function readOmaCondition(element: Element): Condition {
  switch (element.name) {
    case 'external-list':
      return { kind: 'external-list', anchors: childrenOf(element, 'entry').map((entry) => required(entry, 'anc')) };
    case 'anonymous-request':
    case 'other-identity':
      return { kind: element.name };
    default:
      return { kind: 'unknown', element };
  }
}

function readIdentity(element: Element): Identity[] {
  if (element.is('one', NS_COMMON_POLICY)) return [{ kind: 'one', id: required(element, 'id') }];
  if (!element.is('many', NS_COMMON_POLICY)) return [];
  const domain = element.attribute('domain')?.trim();
  const except = childrenOf(element, 'except').map(readExcept);
  return [{ kind: 'many', except, ...(domain && { domain }) }];
}

function readExcept(element: Element): Except {
  const domain = element.attribute('domain')?.trim();
  return domain ? { kind: 'domain', domain } : { kind: 'id', id: required(element, 'id') };
}

/** RFC 4745 §7.3: pairs of from and until. */
function readPeriods(element: Element): { fromAt: number; untilAt: number }[] {
  const times = element.elements().filter(({ ns }) => ns === NS_COMMON_POLICY);
  const periods: { fromAt: number; untilAt: number }[] = [];
  for (let i = 0; i < times.length; i += 2) {
    const fromAt = times[i]!.name === 'from' ? readInstant(times[i]!.text()) : undefined;
    const untilAt = times[i + 1]?.name === 'until' ? readInstant(times[i + 1]!.text()) : undefined;
    if (fromAt === undefined || untilAt === undefined) throw bad('a validity is not pairs of from and until');
    periods.push({ fromAt, untilAt });
  }
  return periods;
}

function required(element: Element, name: string): string {
  const value = element.attribute(name)?.trim();
  if (!value) throw bad(`${element.name} has no ${name}`);
  return value;
}

function bad(why: string) {
  return badBody('presence rules', why);
}
