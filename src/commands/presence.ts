/** What is shown of people's presence, and why. */
import { z } from 'zod';
import type { Availability, Publication } from '#accounts/device.ts';
import type { Home } from '#accounts/home.ts';
import { Failure } from '#base/failure.ts';
import { type Part, RULES } from '#presence/composition.ts';
import { explain, type WatchingNow } from '#presence/explaining.ts';
import { NEVER } from '#presence/source.ts';
import { putSource, removeSource } from '#presence/sources.ts';
import { type CommandContext, command } from './command.ts';
import { address, existing } from './users.ts';

/** The id of the source that an administrator's override is. */
const OVERRIDE = 'override';

const state = z.object({
  availability: z.string(),
  note: z.string(),
  activities: z.array(z.string()),
});

const explanation = z.object({
  address: z.string(),
  state,
  rule: z.object({ name: z.string(), words: z.string() }),
  decidedBy: z.string().describe("the id of a source; '' for none"),
  since: z.number().optional().describe('epoch milliseconds'),
  now: z.number().describe('epoch milliseconds'),
  sources: z.array(
    z.object({
      id: z.string(),
      kind: z.string(),
      says: state,
      shown: state.optional().describe('what is shown of it; absent: nothing by itself'),
      line: z.string().optional(),
      saidAt: z.number().describe('epoch milliseconds'),
      expiresAt: z.number().optional().describe('epoch milliseconds'),
      tag: z.string().optional().describe('the entity-tag'),
      raw: z.string().optional().describe('as it came'),
    }),
  ),
  views: z.object({
    xmppContact: z.array(state.extend({ resource: z.string() })),
    sipWatcher: state,
    blocked: z.string(),
    stranger: z.string(),
  }),
  watching: z.array(
    z.object({
      address: z.string(),
      edge: z.string(),
      program: z.string(),
      verdict: z.string(),
      rules: z.array(z.string()).describe('ids of the rules of the account that hold for them (RFC 5025)'),
      since: z.number().optional(),
      expiresAt: z.number().optional(),
    }),
  ),
});

export type PresenceExplanation = z.infer<typeof explanation>;
type State = z.infer<typeof state>;

export const presenceExplain = command({
  name: 'presence.explain',
  help: 'Why an account is shown as it is: who says what of it, the rule that decided, who sees what, and who watches.',
  role: 'help-desk',
  changes: false,
  input: z.strictObject({ address }),
  output: explanation,
  async run(context, input): Promise<PresenceExplanation> {
    const home = await homeOf(context, input.address);
    const { composed, parts, views, watching } = explain(home);
    const { rule, decidedBy, since } = composed;
    return {
      address: home.address,
      state: stateOf(composed),
      rule: { name: rule, words: RULES[rule] },
      decidedBy,
      ...(since > 0 && { since }),
      now: context.homes.clock.now(),
      sources: parts.map(describe),
      views: {
        xmppContact: views.contact.map((shown) => ({ resource: shown.device, ...stateOf(shown) })),
        sipWatcher: stateOf(views.watcher),
        blocked: 'XMPP: nothing, as of somebody who is away. SIP: closed, as of somebody who is away.',
        stranger: views.isSeenByStrangers
          ? 'The same as a contact (presence.visibility is everyone).'
          : 'Nothing; a SIP subscription is pending, and the request waits for the owner.',
      },
      watching: watching.map(describeWatching),
    };
  },
});

const STATES = {
  chat: 'chat',
  available: 'available',
  away: 'away',
  xa: 'extended-away',
  dnd: 'do-not-disturb',
} as const satisfies Record<string, Availability>;

export const presenceOverride = command({
  name: 'presence.override',
  help: 'Shows an account as it is told here, whatever its devices and phones say; none: as they say again.',
  role: 'administrator',
  changes: true,
  input: z.strictObject({
    address,
    state: z.enum(['chat', 'available', 'away', 'xa', 'dnd', 'hidden', 'none']),
    note: z.string().max(1000).default(''),
    minutes: z.int().min(1).max(525_600).optional().describe('how long it holds; left out: until it is taken away'),
  }),
  output: z.object({ address: z.string(), state: z.string(), expiresAt: z.number().optional() }),
  async run(context, { address: given, state, note, minutes }) {
    const home = await homeOf(context, given);
    if (state === 'none') {
      removeSource(home, OVERRIDE);
      return { address: home.address, state };
    }
    const at = context.homes.clock.now();
    const expiresAt = minutes === undefined ? NEVER : at + minutes * 60_000;
    const publication: Publication = {
      device: OVERRIDE,
      availability: state === 'hidden' ? 'available' : STATES[state],
      priority: -1,
      notes: note === '' ? {} : { '': note },
      at,
      ...(state === 'hidden' && { isOpen: false }),
    };
    putSource(home, { id: OVERRIDE, kind: 'override', publication, tag: '', expiresAt });
    return { address: home.address, state, ...(minutes !== undefined && { expiresAt }) };
  },
});

/** Of one that is disabled there is none: a home in memory is of somebody who may sign in. @throws {Failure} 'not-found', 'forbidden' */
export async function homeOf(context: CommandContext, given: string): Promise<Home> {
  const account = await existing(context, given);
  if (!account.enabled) throw new Failure('forbidden', `${account.address} is disabled, and seen by nobody`);
  const home = await context.homes.open(account);
  if (home === undefined) throw new Failure('not-found', `there is no account ${account.address}`);
  return home;
}

function describe({ id, kind, says, shown, source }: Part): PresenceExplanation['sources'][number] {
  const { expiresAt = NEVER, tag = '', line } = source ?? {};
  return {
    id,
    kind,
    says: stateOf(says),
    ...(shown && { shown: stateOf(shown) }),
    ...(line && { line: `${line.state}${line.doNotDisturb ? ', do not disturb' : ''}` }),
    saidAt: says.at,
    ...(expiresAt !== NEVER && { expiresAt }),
    ...(tag !== '' && { tag }),
    ...(says.native && { raw: readable(says.native) }),
  };
}

function describeWatching(one: WatchingNow): PresenceExplanation['watching'][number] {
  const { address, edge, program, verdict, rules, since, expiresAt } = one;
  return {
    address,
    edge,
    program,
    verdict,
    rules: [...rules],
    ...(since && { since }),
    ...(expiresAt && { expiresAt }),
  };
}

function stateOf({
  availability,
  activities = [],
  notes,
  isOpen = true,
}: Pick<Publication, 'activities' | 'notes' | 'isOpen'> & { availability: string }): State {
  const [note = ''] = [notes[''] ?? Object.values(notes)[0]];
  return { availability: isOpen ? availability : 'unavailable', note, activities: [...activities] };
}

/** SIP's documents are kept byte by byte, a character for each. */
function readable({ edge, payload }: NonNullable<Publication['native']>): string {
  return edge === 'sip' ? Buffer.from(payload, 'latin1').toString('utf8') : payload;
}
