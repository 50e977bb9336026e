import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { Availability, Publication } from '#accounts/device.ts';
import { type Client, type Composition, compose, RULES } from './composition.ts';
import { isHiddenBy, overlaid, overlayOf } from './overlay.ts';
import { holdUntil, phoneOf, saysOnACall } from './phone.ts';
import { type Line, NEVER, type Source, type SourceKind } from './source.ts';

let at = 1000;

function publication(device: string, availability: Availability, more: Partial<Publication> = {}): Publication {
  return { device, availability, priority: 0, notes: {}, at: at++, ...more };
}

function client(availability: Availability, more: Partial<Publication> = {}, id = 'laptop'): Client {
  return { id, kind: 'device', publication: publication(id, availability, more) };
}

function source(id: string, kind: SourceKind, more: Partial<Publication> = {}, line?: Line): Source {
  const said = publication(id, more.availability ?? 'available', more);
  return { id, kind, publication: said, ...(line && { line }), tag: '', expiresAt: NEVER };
}

const line = (state: Line['state'], doNotDisturb = false, id = `line-${state}`) =>
  source(id, 'phone-line', {}, { state, doNotDisturb });
const meeting = () => source('calendar', 'calendar', { activities: ['meeting'] });

function composed(clients: readonly Client[], sources: readonly Source[], show: 'away' | 'dnd' = 'away'): Composition {
  const map = new Map(sources.map((one) => [one.id, one]));
  const overlay = overlayOf(map, phoneOf(sources), show);
  return compose({ clients, sources: map, overlay, isHidden: isHiddenBy(map), shown: undefined });
}

function brief({ availability, notes, rule, activities }: Composition): string {
  return [rule, availability, notes[''] ?? '', activities.join(' ')].join(' | ');
}

const ON_A_CALL = 'away | On a call | on-the-phone';

/** Each: what it shows, who is there, what else says something, what comes of it. */
const vectors: [title: string, clients: Client[], sources: Source[], result: string][] = [
  [
    'rule 1: do not disturb set by hand wins over the phone',
    [client('do-not-disturb')],
    [line('busy')],
    'by-hand | do-not-disturb |  | ',
  ],
  ['rule 1: away set by hand wins over the phone', [client('away')], [line('busy')], 'by-hand | away |  | '],
  ['rule 1: and over the calendar', [client('extended-away')], [meeting()], 'by-hand | extended-away |  | '],
  [
    'rule 2: a call in a meeting gives the text, both are shown in rich form',
    [client('available')],
    [line('busy'), meeting()],
    'call-in-meeting | away | On a call | on-the-phone meeting',
  ],
  ['rule 3: phone busy and client available', [client('available')], [line('busy')], `on-a-call | ${ON_A_CALL}`],
  [
    'rule 3: phone busy and client idle',
    [client('away', { idleSince: 5 })],
    [line('busy')],
    `on-a-call | ${ON_A_CALL}`,
  ],
  ['rule 4: phone busy and nobody signed in', [], [line('busy')], `phone-only | ${ON_A_CALL}`],
  ['rule 4: phone free and nobody signed in', [], [line('available')], 'nobody | unavailable |  | '],
  [
    'rule 5: do not disturb set on the phone',
    [client('available')],
    [line('available', true)],
    'phone-dnd | do-not-disturb | Do not disturb | ',
  ],
  [
    'rule 5: but of somebody who is not there nothing is shown',
    [],
    [line('available', true)],
    'nobody | unavailable |  | ',
  ],
  [
    'a call on a phone that is not to ring: the call gives the text',
    [client('chat')],
    [line('busy', true)],
    'on-a-call | do-not-disturb | On a call | on-the-phone',
  ],
  ['rule 6: ringing changes nothing', [client('chat')], [line('ringing')], 'most-available | chat |  | '],
  [
    'rule 7: of two lines one is busy, the other was heard of later',
    [client('available')],
    [line('busy'), line('available')],
    `on-a-call | ${ON_A_CALL}`,
  ],
  [
    'a line whose phone is gone changes nothing',
    [client('available')],
    [line('unavailable')],
    'most-available | available |  | ',
  ],
  ['in a meeting', [client('available')], [meeting()], 'calendar | away | In a meeting | meeting'],
  ['a meeting of somebody who is not there', [], [meeting()], 'nobody | unavailable |  | '],
  [
    'presenting',
    [client('available')],
    [source('calendar', 'calendar', { activities: ['presentation'] })],
    'calendar | do-not-disturb | Presenting | presentation',
  ],
  [
    'an override wins over what is set by hand',
    [client('do-not-disturb')],
    [source('override', 'override', { notes: { '': 'Reach me' } }), line('busy')],
    'override | available | Reach me | ',
  ],
  [
    'an override holds where nobody is signed in',
    [],
    [source('override', 'override', { availability: 'away' })],
    'override | away |  | ',
  ],
  [
    'an override that is closed hides the account',
    [client('available')],
    [source('override', 'override', { isOpen: false })],
    'hidden-by-override | unavailable |  | ',
  ],
  [
    'RFC 4827 §1: hard state holds while nobody says anything',
    [],
    [source('hard', 'hard-state', { availability: 'away', notes: { '': 'On leave' } })],
    'hard-state | away | On leave | ',
  ],
  [
    'RFC 4827 §1: and not when somebody does',
    [client('chat')],
    [source('hard', 'hard-state', { availability: 'away' })],
    'most-available | chat |  | ',
  ],
  [
    'RFC 4480 §3.2: a SIP client that is on the phone itself',
    [{ ...client('available'), kind: 'event-publication' }],
    [source('laptop', 'event-publication', { activities: ['on-the-phone'] })],
    `on-a-call | ${ON_A_CALL}`,
  ],
  [
    'a client that is only registered',
    [{ ...client('available'), kind: 'registration' }],
    [],
    'registered | available |  | ',
  ],
  [
    'the most available client decides',
    [client('away', {}, 'a'), client('chat', {}, 'b'), client('available', {}, 'c')],
    [],
    'most-available | chat |  | ',
  ],
  [
    'who is not to be disturbed on one client is not on any',
    [client('do-not-disturb', {}, 'a'), client('chat', {}, 'b')],
    [],
    'do-not-disturb | do-not-disturb |  | ',
  ],
];

describe('what all that is said of an account comes to (RFC 4479)', () => {
  for (const [title, clients, sources, result] of vectors) {
    test(title, () => assert.equal(brief(composed(clients, sources)), result));
  }

  test('among equals the one last heard of decides', () => {
    const clients = [client('available', { at: 10 }, 'older'), client('available', { at: 20 }, 'newer')];
    assert.equal(composed(clients, []).decidedBy, 'newer');
    assert.equal(composed(clients.toReversed(), []).decidedBy, 'newer');
  });

  test('presence.onTheCallShow: dnd', () => {
    assert.equal(composed([client('available')], [line('busy')], 'dnd').availability, 'do-not-disturb');
  });

  test('it names who decided, and since when', () => {
    const busy = line('busy');
    const { decidedBy, since } = composed([client('available')], [busy]);
    assert.deepEqual([decidedBy, since], ['line-busy', busy.publication.at]);
  });

  test('whatever is said: there is a rule for it, and who decides is among those who say something', () => {
    const availability = fc.constantFrom<Availability>('chat', 'available', 'away', 'extended-away', 'do-not-disturb');
    const kind = fc.constantFrom<SourceKind>('event-publication', 'phone-line', 'calendar', 'override', 'hard-state');
    const state = fc.record({
      state: fc.constantFrom<Line['state']>('available', 'busy', 'ringing', 'unavailable'),
      doNotDisturb: fc.boolean(),
    });
    const activities = fc.subarray(['meeting', 'presentation', 'on-the-phone']);
    const clients = fc.array(
      availability.map((one) => client(one)),
      { maxLength: 2 },
    );
    const sources = fc.array(
      fc
        .record({ id: fc.constantFrom('a', 'b', 'c'), kind, availability, state, activities, isOpen: fc.boolean() })
        .map(({ id, kind, state, ...said }) => source(id, kind, said, kind === 'phone-line' ? state : undefined)),
      { maxLength: 3 },
    );
    fc.assert(
      fc.property(clients, sources, (clients, sources) => {
        const result = composed(clients, sources);
        assert.ok(result.rule in RULES);
        const ids = result.parts.map(({ id }) => id);
        assert.ok(result.decidedBy === '' || ids.includes(result.decidedBy), `${result.decidedBy} of ${ids}`);
        assert.equal(result.parts.length, clients.length + new Map(sources.map((one) => [one.id, one])).size);
      }),
    );
  });
});

describe('what is laid over what a client says', () => {
  test('is the same object as long as both are the same, so that nobody is told twice', () => {
    const said = publication('laptop', 'available', { native: { edge: 'xmpp', payload: '<x/>' } });
    const first = overlayOf(new Map(), phoneOf([line('busy')]), 'away');
    const second = overlayOf(new Map(), phoneOf([line('busy', false, 'another')]), 'away');
    const shown = overlaid(said, first);
    assert.equal(overlaid(said, second), shown);
    assert.deepEqual(shown.native, said.native);
    assert.equal(shown.isOverlaid, true);
    assert.equal(overlaid(said, undefined), said);
  });

  test('keeps the own words where an override has none', () => {
    const overlay = overlayOf(new Map([['o', source('o', 'override', { availability: 'away' })]]), phoneOf([]), 'away');
    const said = publication('laptop', 'available', { notes: { '': 'At my desk' } });
    assert.deepEqual(overlaid(said, overlay).notes, { '': 'At my desk' });
  });
});

describe('a call that is over while a client still says that it goes on', () => {
  const call = line('busy');

  test('counts for two seconds more', () => {
    assert.equal(holdUntil(call, undefined, true, undefined, 100), 2100);
    assert.equal(holdUntil(call, undefined, true, 2100, 2099), 2100);
    assert.equal(holdUntil(call, undefined, true, 2100, 2100), undefined);
  });

  test('is over at once when no client says so, or none does any more, or another begins', () => {
    assert.equal(holdUntil(call, undefined, false, undefined, 100), undefined);
    assert.equal(holdUntil(call, undefined, false, 2100, 200), undefined);
    assert.equal(holdUntil(call, line('busy'), true, 2100, 200), undefined);
    assert.equal(holdUntil(undefined, undefined, true, undefined, 100), undefined);
  });

  test('a client says so in words, in any language; what was laid over it are not its words', () => {
    assert.equal(saysOnACall(publication('a', 'away', { notes: { en: 'On a call' } })), true);
    assert.equal(saysOnACall(publication('a', 'away', { notes: { '': ' on a call ' } })), true);
    assert.equal(saysOnACall(publication('a', 'away', { notes: { '': 'On a call with Bob' } })), false);
    assert.equal(saysOnACall(publication('a', 'away', { notes: { '': 'On a call' }, isOverlaid: true })), false);
  });
});
