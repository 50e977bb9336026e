/**
 * The application usage pres-rules (RFC 5025 §9): who may see the account is its contact list, who may not its block
 * list; what neither of them can say is a rule of the account.
 */
import type { Home } from '#accounts/home.ts';
import { Failure } from '#base/failure.ts';
import { blockListOf, covers } from '#contacts/block-list.ts';
import { contactsOf } from '#contacts/contact-list.ts';
import { checkRoom, limitsOf } from '#contacts/limits.ts';
import { say } from '#contacts/subscribing.ts';
import { isFrom } from '#contacts/subscription.ts';
import { changeRules } from '#presence/rules/enforcing.ts';
import { isAbout, type PresenceRule } from '#presence/rules/rule.ts';
import { rulesStatement } from '#presence/rules/rulebook.ts';
import { NS_COMMON_POLICY, NS_PRES_RULES, PREFIXES } from '../../bodies/namespaces.ts';
import { type Permissions, readPermissions } from './permissions.ts';
import { writePresRules } from './pres-rules-writer.ts';
import type { ApplicationUsage, Save } from './usage.ts';

const NOBODY: Permissions = { allowed: new Set(), blocked: new Set(), rules: [] };

export const presRules: ApplicationUsage = {
  auid: 'pres-rules',
  documentName: 'index',
  contentType: 'application/auth-policy+xml',
  namespace: NS_COMMON_POLICY,
  prefixes: PREFIXES,
  extensions: [NS_PRES_RULES],
  render: (home, kept) => writePresRules(listsOf(home), home.address, kept),
  async apply(home, decide, save) {
    const wanted = decide();
    await permit(home, wanted === undefined ? NOBODY : readPermissions(wanted.root), save);
  },
};

/** The same under the name and in the place that OMA has for it; one document with the other. */
export const omaPresRules: ApplicationUsage = {
  ...presRules,
  auid: 'org.openmobilealliance.pres-rules',
  documentName: 'pres-rules',
};

/** Who may watch, or may as soon as they ask; and who is blocked. A blocked device of somebody has no place in rules. */
function listsOf(home: Home): Pick<Permissions, 'allowed' | 'blocked'> {
  const allowed = new Set<string>();
  const blocked = new Set([...blockListOf(home).addresses].filter((address) => !address.includes('/')));
  for (const { address, subscription, approved } of contactsOf(home).all()) {
    if (!isFrom(subscription) && !approved) continue;
    if (address.includes('@') && !covers(blocked, address, '')) allowed.add(address);
  }
  return { allowed, blocked };
}

/**
 * What is refused holds before anything is granted, and what is shown to somebody before they may watch.
 * @throws {Failure} 'over-limit': nothing has changed; 'store-failing'
 */
async function permit(home: Home, { allowed, blocked, rules }: Permissions, save: Save): Promise<void> {
  const list = contactsOf(home);
  const now = listsOf(home);
  const toBlock = [...blocked].filter((address) => !now.blocked.has(address) && address !== home.address);
  const toUnblock = [...now.blocked].filter((address) => !blocked.has(address));
  const isAllowed = (address: string) => {
    const contact = list.get(address);
    return contact !== undefined && (isFrom(contact.subscription) || contact.approved);
  };
  const toAllow = [...allowed].filter((address) => !isAllowed(address) && address !== home.address);
  const toRefuse = [...now.allowed].filter((address) => !allowed.has(address) && !staysContact(rules, address));
  checkBlocked(home, toBlock.length - toUnblock.length);
  checkRoom(home, toAllow.filter((address) => !list.get(address)?.listed).length);
  for (const address of toRefuse) await say(home, 'unsubscribed', address, '');
  await save(rulesStatement(home, rules));
  changeRules(home, rules);
  if (toUnblock.length > 0) await blockListOf(home).unblock(toUnblock);
  if (toBlock.length > 0) await blockListOf(home).block(toBlock);
  for (const address of toAllow) await say(home, 'subscribed', address, '');
}

/** Who is let in with many others; and who is blocked politely, and is not to hear of it. */
function staysContact(rules: readonly PresenceRule[], address: string): boolean {
  return rules.some((rule) => {
    const isMeant = isAbout(rule, address);
    return rule.handling === 'allow' ? isMeant === 'many' : rule.handling === 'polite-block' && isMeant === 'one';
  });
}

function checkBlocked(home: Home, more: number): void {
  const { maxBlocked } = limitsOf(home);
  if (more <= 0 || blockListOf(home).addresses.size + more <= maxBlocked) return;
  throw new Failure('over-limit', `an account blocks ${maxBlocked} addresses at most; unblock one first`);
}
