/** The permissions of a contact list and a block list as presence rules (RFC 5025). Pure. */
import { type Handling, isAbout, type PresenceRule } from '#presence/rules/rule.ts';
import { Element, element } from '#xml/element.ts';
import { NS_COMMON_POLICY as NS, NS_PRES_RULES } from '../../bodies/namespaces.ts';
import { contactOf, uriOfContact } from './contact-uris.ts';
import { isForLists, type Permissions, presenceRuleOf } from './permissions.ts';
import { readRules } from './rules-schema.ts';

type Lists = Pick<Permissions, 'allowed' | 'blocked'>;

/**
 * Three rules: who is allowed, who is blocked, and that all others are asked about.
 * @param own the account's address: what a rule says of it is kept, for nobody hides from oneself
 * @param kept arranges what is there: the ids of rules, their order, and what they say besides
 */
export function writePresRules(lists: Lists, own: string, kept: Element | undefined): Element | undefined {
  const { allowed, blocked } = lists;
  if (kept === undefined && allowed.size + blocked.size === 0) return undefined;
  const writer = new Writer(lists, own, kept === undefined ? [] : readRules(kept).map(presenceRuleOf));
  return writer.write(kept);
}

class Writer {
  readonly #permissions: Lists;
  readonly #own: string;
  /** By id, as they were put. */
  readonly #rules: ReadonlyMap<string, PresenceRule>;
  readonly #placed = new Set<string>();

  constructor(permissions: Lists, own: string, rules: readonly (PresenceRule | undefined)[]) {
    this.#permissions = permissions;
    this.#own = own;
    this.#rules = new Map(rules.flatMap((rule) => (rule === undefined ? [] : [[rule.id, rule]])));
  }

  write(kept: Element | undefined): Element {
    const { allowed, blocked } = this.#permissions;
    const rules = (kept?.elements() ?? []).flatMap((rule) => this.#rule(rule) ?? []);
    this.#add(
      rules,
      'allow',
      sorted(allowed).filter((address) => !this.#isSeenTo(address)),
    );
    this.#add(rules, 'block', sorted(blocked));
    if (kept === undefined) rules.push(this.#confirming());
    return new Element('ruleset', NS, kept?.attributes ?? {}, rules);
  }

  /** Whether a rule for many allows it, or one blocks it politely, which contacts that may watch do not hear of. */
  #isSeenTo(address: string): boolean {
    for (const rule of this.#rules.values()) {
      const isMeant = isAbout(rule, address);
      if (rule.handling === 'allow' && isMeant === 'many') return true;
      if (rule.handling === 'polite-block' && isMeant === 'one') return true;
    }
    return false;
  }

  /** @returns undefined for one whose last identity is gone without its having been put so */
  #rule(rule: Element): Element | undefined {
    const known = this.#knownAs(rule);
    const conditions = rule.child('conditions');
    const identity = conditions?.child('identity');
    if (known === undefined || conditions === undefined || identity === undefined) return rule;
    if (!isAboutLists(known)) return rule;
    const whom = identity.elements().flatMap((who) => this.#who(who, known.handling) ?? []);
    if (whom.length === 0 && identity.elements().length > 0) return undefined;
    return withChild(rule, conditions, withChild(conditions, identity, withChildren(identity, whom)));
  }

  #knownAs(rule: Element): PresenceRule | undefined {
    return this.#rules.get(rule.attribute('id')?.trim() ?? '');
  }

  #who(who: Element, handling: Handling): Element | undefined {
    if (who.is('many', NS) && who.attribute('domain') === undefined) {
      return handling === 'confirm' ? this.#excepting(who) : who;
    }
    if (who.is('many', NS) && handling === 'allow') return who;
    const address = contactOf(who.is('one', NS) ? (who.attribute('id') ?? '') : `sip:${who.attribute('domain')}`) ?? '';
    const { allowed, blocked } = this.#permissions;
    if (address === this.#own) return who;
    const isBlocked = blocked.has(address);
    const isAllowed = allowed.has(address) && !isBlocked;
    const isSo = handling === 'allow' ? isAllowed : handling === 'confirm' ? !isAllowed && !isBlocked : isBlocked;
    if (!isSo) return undefined;
    this.#placed.add(address);
    return who;
  }

  /** Blocked ones are excepted by name, for a rule that has somebody confirmed counts for more than one that blocks. */
  #excepting(many: Element): Element {
    const named = many.elements().map((except) => {
      const domain = except.attribute('domain');
      return contactOf(domain === undefined ? (except.attribute('id') ?? '') : `sip:${domain}`);
    });
    const missing = sorted(this.#permissions.blocked).filter((address) => !named.includes(address));
    return withChildren(many, [...many.elements(), ...missing.map(except)]);
  }

  #add(rules: Element[], handling: 'allow' | 'block', addresses: readonly string[]): void {
    const missing = addresses.filter((address) => !this.#placed.has(address));
    if (missing.length === 0) return;
    const at = rules.findIndex((rule) => {
      const known = this.#knownAs(rule);
      return known?.handling === handling && isForLists(known);
    });
    const known = rules[at];
    if (known === undefined) {
      rules.push(newRule(freeId(rules, handling), handling, element('identity', NS, {}, ...missing.map(identify))));
      return;
    }
    const conditions = known.child('conditions')!;
    const identity = conditions.child('identity')!;
    const more = withChildren(identity, [...identity.elements(), ...missing.map(identify)]);
    rules[at] = withChild(known, conditions, withChild(conditions, identity, more));
  }

  #confirming(): Element {
    return newRule('confirm', 'confirm', element('identity', NS, {}, this.#excepting(element('many', NS))));
  }
}

/** Whether lists say who is in it: all but what is blocked politely, for a while, or with exceptions. */
function isAboutLists(rule: PresenceRule): boolean {
  return rule.handling === 'allow' || rule.handling === 'confirm' || isForLists(rule);
}

function newRule(id: string, handling: 'allow' | 'block' | 'confirm', identity: Element): Element {
  const provide = (name: string, all: string) => element(name, NS_PRES_RULES, {}, element(all, NS_PRES_RULES));
  const all = element(
    'transformations',
    NS,
    {},
    provide('provide-services', 'all-services'),
    provide('provide-persons', 'all-persons'),
    provide('provide-devices', 'all-devices'),
    element('provide-all-attributes', NS_PRES_RULES),
  );
  return element(
    'rule',
    NS,
    { id },
    element('conditions', NS, {}, identity),
    element('actions', NS, {}, element('sub-handling', NS_PRES_RULES, {}, handling)),
    handling === 'allow' ? all : undefined,
  );
}

function identify(address: string): Element {
  return address.includes('@')
    ? element('one', NS, { id: uriOfContact(address) })
    : element('many', NS, { domain: address });
}

function except(address: string): Element {
  return element('except', NS, address.includes('@') ? { id: uriOfContact(address) } : { domain: address });
}

function freeId(rules: readonly Element[], wanted: string): string {
  const taken = new Set(rules.map((rule) => rule.attribute('id')));
  for (let i = 1; ; i++) {
    const id = i === 1 ? wanted : `${wanted}-${i}`;
    if (!taken.has(id)) return id;
  }
}

function sorted(addresses: Iterable<string>): string[] {
  return [...addresses].sort();
}

function withChildren({ name, ns, attributes }: Element, children: Element[]): Element {
  return new Element(name, ns, attributes, children);
}

function withChild(parent: Element, before: Element, after: Element): Element {
  return withChildren(
    parent,
    parent.elements().map((child) => (child === before ? after : child)),
  );
}
