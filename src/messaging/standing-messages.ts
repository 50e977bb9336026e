/**
 * Messages of the administrators that stand until they are taken away: one of the day, told once to everybody who is there
 * or comes, and a welcome, told once to those whose account is newer than it is. Each is told at most once: that it is
 * told is on disk before.
 */
import { setImmediate } from 'node:timers/promises';
import { accountTable } from '#accounts/account-tables.ts';
import type { Home } from '#accounts/home.ts';
import type { Homes } from '#accounts/homes.ts';
import { Failure } from '#base/failure.ts';
import { element } from '#xml/element.ts';
import { Delivery } from './delivery.ts';
import { submit } from './submit.ts';
import { hasTaker } from './takers.ts';

accountTable('standing_seen', 'account');

export const standingKinds = ['motd', 'welcome'] as const;
export type StandingKind = (typeof standingKinds)[number];

export interface StandingMessage {
  readonly kind: StandingKind;
  /** '' for none. */
  readonly subject: string;
  readonly body: string;
  /** Epoch milliseconds; one that was set later is told to everybody again. */
  readonly setAt: number;
}

interface Standing {
  readonly messages: Map<StandingKind, StandingMessage>;
  /** What each home was told, as far as this server knows: spares the store a question with each presence. */
  readonly told: WeakMap<Home, Map<StandingKind, number>>;
}

const NS = 'jabber:client';
/** So many homes are looked at in one turn of the event loop. */
const SLICE = 50;

const SELECT = 'select kind, subject, body, set_at from standing_messages';
const PUT = `insert into standing_messages (kind, subject, body, set_at) values (?, ?, ?, ?)
  on conflict (kind) do update set subject = excluded.subject, body = excluded.body, set_at = excluded.set_at`;
const DELETE = 'delete from standing_messages where kind = ?';
const FORGET = 'delete from standing_seen where kind = ?';
// Of an account that is gone, or older than a welcome, no row is made; nor where it is there already.
const SEE = `insert into standing_seen (account, kind, set_at)
  select id, cast(? as text), cast(? as bigint) from accounts where id = ? and created_at >= ?
  on conflict (account, kind) do update set set_at = excluded.set_at where standing_seen.set_at <> excluded.set_at`;

const byHomes = new WeakMap<Homes, Standing>();

/** Reads what stands. Until then, and without it, nothing does. */
export async function loadStanding(homes: Homes): Promise<void> {
  const { messages } = standingOf(homes);
  for (const { kind, subject, body, set_at } of await homes.database.read(SELECT)) {
    const message = { kind, subject, body, setAt: set_at } as unknown as StandingMessage;
    messages.set(message.kind, message);
  }
}

export function standingMessages(homes: Homes): StandingMessage[] {
  return [...standingOf(homes).messages.values()];
}

/**
 * Says what stands from now on, and tells it those who are there.
 * @param again whether it is told to those as well who have seen the one before it
 * @throws {Failure} 'store-failing'
 */
export async function setStanding(
  homes: Homes,
  { kind, subject, body }: Omit<StandingMessage, 'setAt'>,
  again = true,
): Promise<StandingMessage> {
  const { messages } = standingOf(homes);
  const before = messages.get(kind)?.setAt;
  const setAt = again || before === undefined ? Math.max(homes.clock.now(), (before ?? 0) + 1) : before;
  const message = { kind, subject, body, setAt };
  await homes.database.write({ sql: PUT, values: [kind, subject, body, setAt] });
  messages.set(kind, message);
  let asked = 0;
  for (const home of [...homes.all()].filter(hasTaker)) {
    tellStanding(home);
    if (++asked % SLICE === 0) await setImmediate();
  }
  return message;
}

/** @throws {Failure} 'not-found' when none stands */
export async function deleteStanding(homes: Homes, kind: StandingKind): Promise<void> {
  const { messages } = standingOf(homes);
  if (!messages.has(kind)) throw new Failure('not-found', `there is no ${kind}`);
  await homes.database.write({ sql: DELETE, values: [kind] }, { sql: FORGET, values: [kind] });
  messages.delete(kind);
}

/** Somebody is there who takes messages: they are told what they have not seen. */
export function tellStanding(home: Home): void {
  const standing = byHomes.get(home.homes);
  if (standing === undefined || standing.messages.size === 0) return;
  const told = standing.told.get(home) ?? new Map<StandingKind, number>();
  standing.told.set(home, told);
  for (const message of standing.messages.values()) {
    if (told.get(message.kind) === message.setAt) continue;
    told.set(message.kind, message.setAt);
    tell(home, message).catch((err: unknown) => {
      told.delete(message.kind);
      home.homes.log.warn({ err, account: home.address }, 'a standing message was not told');
    });
  }
}

async function tell(home: Home, { kind, subject, body, setAt }: StandingMessage): Promise<void> {
  const { homes, address } = home;
  const newerThan = kind === 'welcome' ? setAt : 0;
  const [seen] = await homes.database.write({ sql: SEE, values: [kind, setAt, home.account.id, newerThan] });
  if (seen!.changes === 0) return;
  const domain = address.slice(address.indexOf('@') + 1);
  try {
    await submit(homes, announcement(domain, address, { subject, body }, homes.clock.now()));
  } catch (error) {
    // Whoever has left meanwhile has missed it.
    if (!(error instanceof Failure)) throw error;
  }
}

/** RFC 6121 §5.2.2: a headline goes to all devices that are there, and to none later. @param at epoch milliseconds */
export function announcement(
  domain: string,
  to: string,
  { subject, body }: Pick<StandingMessage, 'subject' | 'body'>,
  at: number,
): Delivery {
  return new Delivery({
    element: element(
      'message',
      NS,
      { from: domain, to, type: 'headline' },
      subject === '' ? undefined : element('subject', NS, {}, subject),
      element('body', NS, {}, body),
    ),
    type: 'headline',
    from: { address: domain, device: '' },
    to: { address: to, device: '' },
    at,
    sender: undefined,
    promised: false,
  });
}

function standingOf(homes: Homes): Standing {
  let standing = byHomes.get(homes);
  if (standing === undefined) {
    standing = { messages: new Map(), told: new WeakMap() };
    byHomes.set(homes, standing);
  }
  return standing;
}
