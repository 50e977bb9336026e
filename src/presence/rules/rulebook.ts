import { accountTable } from '#accounts/account-tables.ts';
import { type Home, homePart } from '#accounts/home.ts';
import { isSubscribedFrom } from '#contacts/contact-list.ts';
import type { Statement } from '#store/database.ts';
import { scenes } from '../scene.ts';
import { upkeepOf } from '../upkeep.ts';
import { type Judgement, judge, nextTurn, verdictOf } from './judging.ts';
import type { Portion } from './portion.ts';
import type { PresenceRule } from './rule.ts';

accountTable('presence_rules', 'account');

const SELECT = 'select rules from presence_rules where account = ?';
const PUT = `insert into presence_rules (account, rules) values (?, ?)
  on conflict (account) do update set rules = excluded.rules`;
const DELETE = 'delete from presence_rules where account = ?';

/** So many watchers' judgements are kept. */
const MAX_KNOWN = 20_000;

/** The rules of one account that has any, and what they come to for those who have been asked about. */
class RuleBook {
  readonly rules: readonly PresenceRule[];
  readonly hasSpheres: boolean;
  sphere: string | undefined;
  /** That which watchers were last told by. */
  toldSphere: string | undefined;
  /** When time makes it another. */
  turnsAt: number | undefined;
  readonly #judgements = new Map<string, Judgement | undefined>();
  /** Equal portions are one object: watchers who see the same share what is made of it. */
  readonly #portions = new Map<string, Portion>();

  constructor(rules: readonly PresenceRule[]) {
    this.rules = rules;
    this.hasSpheres = rules.some(({ spheres }) => spheres !== undefined);
  }

  /** What holds now holds until the next turn. */
  turn(now: number, sphere: string | undefined): void {
    this.sphere = sphere;
    this.turnsAt = nextTurn(this.rules, now);
    this.#judgements.clear();
  }

  judge(address: string, now: number): Judgement | undefined {
    if (this.turnsAt !== undefined && now >= this.turnsAt) this.turn(now, this.sphere);
    if (this.#judgements.has(address)) return this.#judgements.get(address);
    if (this.#judgements.size >= MAX_KNOWN) this.#judgements.clear();
    const judgement = this.#share(judge(this.rules, address, { now, sphere: this.sphere }));
    this.#judgements.set(address, judgement);
    return judgement;
  }

  #share(judgement: Judgement | undefined): Judgement | undefined {
    if (judgement?.portion === undefined) return judgement;
    const key = JSON.stringify(judgement.portion);
    const portion = this.#portions.get(key) ?? judgement.portion;
    this.#portions.set(key, portion);
    return { ...judgement, portion };
  }
}

const books = homePart<{ book: RuleBook | undefined }>({
  queries: [SELECT],
  load(home, [rows = []]) {
    const text = rows[0]?.rules as string | undefined;
    const part = { book: text === undefined ? undefined : new RuleBook(JSON.parse(text)) };
    if (part.book !== undefined) begin(home, part.book);
    return part;
  },
});

/** Of nearly all accounts there are none. */
export function hasRules(home: Home): boolean {
  return books.of(home).book !== undefined;
}

export function rulesOf(home: Home): readonly PresenceRule[] {
  return books.of(home).book?.rules ?? [];
}

/** What the rules come to for a watcher; undefined: they say nothing, and the contact list alone decides. */
export function judgementOn(home: Home, address: string): Judgement | undefined {
  const { book } = books.of(home);
  if (book === undefined || address === home.address) return undefined;
  if (book.hasSpheres) enterSphere(home, book);
  return book.judge(address, home.homes.clock.now());
}

/** What is shown to somebody who may watch. Undefined: all there is; 'nothing': somebody who is not there. */
export function portionFor(home: Home, address: string): Portion | 'nothing' | undefined {
  const { book } = books.of(home);
  if (book === undefined) return undefined;
  const judgement = judgementOn(home, address);
  if (judgement === undefined) return undefined;
  return verdictOf(judgement, isSubscribedFrom(home, address)) === 'denied' ? 'nothing' : judgement.portion;
}

/** The change on disk, for whoever changes more with it. `adoptRules` when it is done. */
export function rulesStatement({ account }: Home, rules: readonly PresenceRule[]): Statement {
  if (rules.length === 0) return { sql: DELETE, values: [account.id] };
  return { sql: PUT, values: [account.id, JSON.stringify(rules)] };
}

/** Rules that are on disk are in force from now on. Whoever watches has to be told (`reviewRules`). */
export function adoptRules(home: Home, rules: readonly PresenceRule[]): void {
  const part = books.of(home);
  part.book = rules.length === 0 ? undefined : new RuleBook(rules);
  if (part.book === undefined) upkeepOf(home.homes).ruleTurns.delete(home);
  else begin(home, part.book);
}

/** Time has made other rules hold. */
export function turnRules(home: Home): void {
  const { book } = books.of(home);
  if (book !== undefined) begin(home, book);
}

/** Whether the account is in another sphere than watchers were told by, and rules go by that. */
export function followSphere(home: Home): boolean {
  const { book } = books.of(home);
  if (!book?.hasSpheres) return false;
  enterSphere(home, book);
  const isOther = book.toldSphere !== book.sphere;
  book.toldSphere = book.sphere;
  return isOther;
}

function enterSphere(home: Home, book: RuleBook): void {
  const sphere = sphereOf(home);
  if (sphere !== book.sphere) book.turn(home.homes.clock.now(), sphere);
}

function begin(home: Home, book: RuleBook): void {
  book.turn(home.homes.clock.now(), book.sphere);
  const { ruleTurns } = upkeepOf(home.homes);
  if (book.turnsAt === undefined) ruleTurns.delete(home);
  else ruleTurns.set(home, book.turnsAt);
}

/** The one said last. */
function sphereOf(home: Home): string | undefined {
  let last: { readonly at: number; readonly sphere?: string } | undefined;
  for (const { publication } of scenes.of(home).sources.values()) {
    if (publication.sphere !== undefined && (last === undefined || publication.at >= last.at)) last = publication;
  }
  return last?.sphere;
}
