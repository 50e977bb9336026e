/** The application usage pres-rules (RFC 5025 §9): who may see the account is its contact list, who may not its block list. */
import type { Home } from '#accounts/home.ts';
import { Failure } from '#base/failure.ts';
import { blockListOf } from '#contacts/block-list.ts';
import { contactsOf } from '#contacts/contact-list.ts';
import { checkRoom, limitsOf } from '#contacts/limits.ts';
import { say } from '#contacts/subscribing.ts';
import { isFrom } from '#contacts/subscription.ts';
import { NS_COMMON_POLICY, NS_PRES_RULES, PREFIXES } from '../../bodies/namespaces.ts';
import { type Permissions, readPresRules } from './pres-rules-reader.ts';
import { writePresRules } from './pres-rules-writer.ts';
import type { ApplicationUsage } from './usage.ts';

const NOBODY: Permissions = { allowed: new Set(), blocked: new Set() };

export const presRules: ApplicationUsage = {
  auid: 'pres-rules',
  documentName: 'index',
  contentType: 'application/auth-policy+xml',
  namespace: NS_COMMON_POLICY,
  prefixes: PREFIXES,
  extensions: [NS_PRES_RULES],
  render: (home, kept) => writePresRules(permissionsOf(home), home.address, kept),
  async apply(home, decide) {
    const wanted = decide();
    await permit(home, wanted === undefined ? NOBODY : readPresRules(wanted.root));
  },
};

/** The same under the name and in the place that OMA has for it; one document with the other. */
export const omaPresRules: ApplicationUsage = {
  ...presRules,
  auid: 'org.openmobilealliance.pres-rules',
  documentName: 'pres-rules',
};

/** Who may watch, or may as soon as they ask; and who is blocked. A blocked device of somebody has no place in rules. */
function permissionsOf(home: Home): Permissions {
  const allowed = new Set<string>();
  const blocked = new Set([...blockListOf(home).addresses].filter((address) => !address.includes('/')));
  for (const { address, subscription, approved } of contactsOf(home).all()) {
    if ((isFrom(subscription) || approved) && !blocked.has(address) && address.includes('@')) allowed.add(address);
  }
  return { allowed, blocked };
}

/** What is refused holds before anything is granted. @throws {Failure} 'over-limit': nothing has changed; 'store-failing' */
async function permit(home: Home, { allowed, blocked }: Permissions): Promise<void> {
  const list = contactsOf(home);
  const now = permissionsOf(home);
  const toBlock = [...blocked].filter((address) => !now.blocked.has(address) && address !== home.address);
  const toUnblock = [...now.blocked].filter((address) => !blocked.has(address));
  const isAllowed = (address: string) => {
    const contact = list.get(address);
    return contact !== undefined && (isFrom(contact.subscription) || contact.approved);
  };
  const toAllow = [...allowed].filter((address) => !isAllowed(address) && address !== home.address);
  const toRefuse = [...list.all()]
    .map(({ address }) => address)
    .filter((address) => {
      return isAllowed(address) && !allowed.has(address) && !blocked.has(address) && address.includes('@');
    });
  checkBlocked(home, toBlock.length - toUnblock.length);
  checkRoom(home, toAllow.filter((address) => !list.get(address)?.listed).length);
  for (const address of toRefuse) await say(home, 'unsubscribed', address, '');
  if (toUnblock.length > 0) await blockListOf(home).unblock(toUnblock);
  if (toBlock.length > 0) await blockListOf(home).block(toBlock);
  for (const address of toAllow) await say(home, 'subscribed', address, '');
}

function checkBlocked(home: Home, more: number): void {
  const { maxBlocked } = limitsOf(home);
  if (more <= 0 || blockListOf(home).addresses.size + more <= maxBlocked) return;
  throw new Failure('over-limit', `an account blocks ${maxBlocked} addresses at most; unblock one first`);
}
