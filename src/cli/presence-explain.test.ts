import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PresenceExplanation } from '#commands/presence.ts';
import { inWords } from './presence-explain.ts';

const free = { availability: 'available', note: '', activities: [] };
const onACall = { availability: 'away', note: 'On a call', activities: ['on-the-phone'] };

const explained: PresenceExplanation = {
  address: 'romeo@example.test',
  state: onACall,
  rule: { name: 'on-a-call', words: 'The phone is busy and a client is there: on a call.' },
  decidedBy: 'line-4711',
  since: 1_000_000,
  now: 1_090_000,
  sources: [
    { id: 'orchard', kind: 'device', says: free, shown: onACall, saidAt: 490_000, raw: '' },
    {
      id: 'line-4711',
      kind: 'phone-line',
      says: onACall,
      line: 'busy',
      saidAt: 1_000_000,
      expiresAt: 8_290_000,
      tag: 't1',
      raw: '<presence>\r\n\t<tuple/>\x1b[2J</presence>',
    },
  ],
  views: {
    xmppContact: [{ resource: 'orchard', ...onACall }],
    sipWatcher: onACall,
    blocked: 'Nothing.',
    stranger: 'Nothing.',
  },
  watching: [
    { address: 'juliet@example.test', edge: 'xmpp', program: 'balcony', verdict: 'allowed', rules: ['friends'] },
    {
      address: 'nurse@example.test',
      edge: 'sip',
      program: 'bare\x1bsip',
      verdict: 'pending',
      rules: [],
      since: 1_000_000,
      expiresAt: 4_690_000,
    },
  ],
};

test('what is shown of somebody, and why, in words', () => {
  assert.equal(
    inWords(explained, false),
    `romeo@example.test is away "On a call" [on-the-phone], for 90 s.
  The phone is busy and a client is there: on a call. Decided by: line-4711.

Sources
  orchard    device      available  shown as away "On a call" [on-the-phone]  said 10 min ago
  line-4711  phone-line  line busy  not shown by itself                       said 90 s ago    ends in 2 h  tag t1

Seen by
  XMPP contact      orchard: away "On a call" [on-the-phone]
  SIP watcher       away "On a call" [on-the-phone]
  somebody blocked  Nothing.
  a stranger        Nothing.

Watching now
  juliet@example.test  xmpp  balcony            by rule friends
  nurse@example.test   sip   bare sip  pending                   since 90 s  ends in 60 min`,
  );
});

test('with what each source said as it came; it cannot move the cursor', () => {
  assert.match(inWords(explained, true), /tag t1\n {6}<presence>\n {8}<tuple\/> \[2J<\/presence>\n/);
});

test('of somebody of whom nobody says anything, and whom nobody watches', () => {
  const nobody = {
    ...explained,
    state: { ...free, availability: 'unavailable' },
    decidedBy: '',
    sources: [],
    watching: [],
  };
  const { since: _, ...never } = { ...nobody, views: { ...nobody.views, xmppContact: [] } };
  const words = inWords({ ...never, rule: { name: 'nobody', words: 'No client is there.' } }, false);
  assert.match(words, /^romeo@example.test is unavailable\.\n {2}No client is there\.\n\nSources\n {2}none\n/);
  assert.match(words, /XMPP contact +unavailable\n[\s\S]*Watching now\n {2}nobody$/);
});
