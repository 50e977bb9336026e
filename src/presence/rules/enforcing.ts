import { isDeepStrictEqual } from 'node:util';
import type { Home } from '#accounts/home.ts';
import type { Homes } from '#accounts/homes.ts';
import { contactsOf, isSubscribedFrom } from '#contacts/contact-list.ts';
import { requestArriving, subscriptionArriving } from '#contacts/hooks.ts';
import { reviewOne } from '../authorization.ts';
import { goneNotice, noticeFor, noticeOf, tellOne } from '../notices.ts';
import { forEachSeen } from '../shown.ts';
import { upkeepOf } from '../upkeep.ts';
import { isAllowedToMany } from '../visibility.ts';
import { verdictOf } from './judging.ts';
import { isAbout, type PresenceRule } from './rule.ts';
import { adoptRules, judgementOn, rulesOf, turnRules } from './rulebook.ts';

/** Rules of accounts, beyond what contact lists and block lists say. */
export function startRules(homes: Homes): void {
  upkeepOf(homes).whenRulesTurn = (home) => {
    turnRules(home);
    reviewRules(home, rulesOf(home));
  };
  // RFC 5025 §3.2.1: who is blocked is not asked about, and who is allowed need not be.
  homes.hooks.on(subscriptionArriving, 'block', ({ home, from, type }) =>
    type === 'subscribe' && isRefusedUnasked(home, from) ? 'stop' : undefined,
  );
  homes.hooks.on(requestArriving, 'decide', (request) => {
    if (isAllowedToMany(request.home, request.from)) request.isApproved = true;
  });
}

function isRefusedUnasked(home: Home, address: string): boolean {
  const judgement = judgementOn(home, address);
  return judgement !== undefined && verdictOf(judgement, isSubscribedFrom(home, address)) === 'denied';
}

/** Rules that are on disk take the place of those before; all who see a difference are told. */
export function changeRules(home: Home, rules: readonly PresenceRule[]): void {
  const before = rulesOf(home);
  if (isDeepStrictEqual(before, rules)) return;
  adoptRules(home, rules);
  reviewRules(home, [...before, ...rules]);
}

/** What holds is another: those whom any of these rules is about are told what they see now. */
function reviewRules(home: Home, rules: readonly PresenceRule[]): void {
  const { watchers } = contactsOf(home);
  for (const watcher of watchers) {
    if (rules.some((rule) => isAbout(rule, watcher) !== undefined)) tellAgain(home, watcher);
  }
  reviewOne(home);
}

/** Each device comes as it is shown now, or goes. */
function tellAgain(home: Home, watcher: string): void {
  forEachSeen(home, (shown) => {
    const notice = noticeFor(home, watcher, noticeOf(home, shown));
    tellOne(home, watcher, notice ?? goneNotice(home, shown.device));
  });
}
