import type { Element } from '#xml/element.ts';
import { NS_COMMON_POLICY as NS } from '../../bodies/namespaces.ts';
import { type Rule, rulesOf } from '../../bodies/pres-rules.ts';
import { SipError } from '../../wire/sip-error.ts';
import { checkNoText, constraint, invalid, required } from './validation.ts';

/** Rules whose document follows the schema of RFC 4745 §13. @throws {XcapError} 'schema-validation-error' */
export function readRules(root: Element): Rule[] {
  if (!root.is('ruleset', NS)) throw invalid('the root is not ruleset');
  checkNoText(root);
  for (const rule of root.elements()) {
    if (!rule.is('rule', NS)) throw invalid(`ruleset holds no ${rule.name}`);
    checkRule(rule);
  }
  try {
    return rulesOf(root);
  } catch (error) {
    if (error instanceof SipError) throw invalid(error.reason);
    throw error;
  }
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
    if (part.name !== 'conditions') continue;
    for (const identity of part.elements()) if (identity.is('identity', NS)) checkIdentity(identity);
  }
}

function checkIdentity(identity: Element): void {
  for (const who of identity.elements()) {
    if (who.is('many', NS)) checkMany(who);
    else if (who.is('one', NS)) required(who, 'id');
    else if (who.ns === NS) throw invalid(`identity holds no ${who.name}`);
    else throw constraint(`persons are named by one and many, and not by ${who.name}`);
  }
}

function checkMany(many: Element): void {
  for (const except of many.elements()) {
    if (except.ns === NS && except.name !== 'except') throw invalid(`many holds no ${except.name}`);
  }
}
