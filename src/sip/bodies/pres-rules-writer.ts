import { Element, element } from '#xml/element.ts';
import { writeInstant } from './instant.ts';
import { NS_COMMON_POLICY as NS, NS_PRES_RULES } from './namespaces.ts';
import { type Condition, type Except, type Identity, NS_OMA_POLICY, type Rule } from './pres-rules.ts';
import { transformationsElements } from './pres-rules-transformations.ts';
import { writeXml } from './xml-body.ts';

/** @returns a byte string */
export function writePresRules(rules: readonly Rule[]): string {
  return writeXml(rulesElement(rules));
}

export function rulesElement(rules: readonly Rule[]): Element {
  return new Element('ruleset', NS, {}, rules.map(ruleElement));
}

function ruleElement({ id, conditions, handling, transformations }: Rule): Element {
  const shown = transformationsElements(transformations);
  const action = handling === undefined ? undefined : element('sub-handling', NS_PRES_RULES, {}, handling);
  return element(
    'rule',
    NS,
    { id },
    conditions.length === 0 ? undefined : element('conditions', NS, {}, ...conditions.map(conditionElement)),
    action === undefined ? undefined : element('actions', NS, {}, action),
    shown.length === 0 ? undefined : element('transformations', NS, {}, ...shown),
  );
}

function conditionElement(condition: Condition): Element {
  switch (condition.kind) {
    case 'identity':
      return element('identity', NS, {}, ...condition.identities.map(identityElement));
    case 'sphere':
      return element('sphere', NS, { value: condition.value });
    case 'validity':
      return element('validity', NS, {}, ...condition.periods.flatMap(periodElements));
    case 'external-list':
      return element(
        'external-list',
        NS_OMA_POLICY,
        {},
        ...condition.anchors.map((anc) => element('entry', NS_OMA_POLICY, { anc })),
      );
    case 'unknown':
      return condition.element;
    default:
      return new Element(condition.kind, NS_OMA_POLICY);
  }
}

function identityElement(identity: Identity): Element {
  if (identity.kind === 'one') return element('one', NS, { id: identity.id });
  return element('many', NS, { domain: identity.domain }, ...identity.except.map(exceptElement));
}

function exceptElement(except: Except): Element {
  return element('except', NS, except.kind === 'id' ? { id: except.id } : { domain: except.domain });
}

function periodElements({ fromAt, untilAt }: { fromAt: number; untilAt: number }): Element[] {
  return [element('from', NS, {}, writeInstant(fromAt)), element('until', NS, {}, writeInstant(untilAt))];
}
