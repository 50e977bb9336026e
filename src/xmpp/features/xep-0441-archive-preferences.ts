/**
 * XEP-0441: Message Archive Management Preferences, version 0.2.0.
 * People say whose messages are kept in their archive.
 */
import type { Home } from '#accounts/home.ts';
import { Failure } from '#base/failure.ts';
import { integer } from '#base/settings.ts';
import { POLICIES } from '#messaging/archive.ts';
import {
  type ArchiveDefault,
  type ArchivePreferences,
  archivePreferences,
  setArchivePreferences,
} from '#messaging/archive-preferences.ts';
import { messagingSettings } from '#messaging/settings.ts';
import { type Element, element } from '#xml/element.ts';
import { type IqRequest, xmppFeature } from '../feature.ts';
import { Jid } from '../wire/jid.ts';
import { StanzaError } from '../wire/stanza-error.ts';

const NS_MAM = 'urn:xmpp:mam:2';
const DEFAULTS: readonly string[] = ['always', 'never', 'roster'] satisfies ArchiveDefault[];

export const messageArchivePreferences = xmppFeature({
  spec: 'XEP-0441',
  title: 'Message Archive Management Preferences',
  version: '0.2.0',
  status: 'complete',
  settings: {
    maxAddresses: integer({
      default: 1000,
      min: 0,
      max: 100_000,
      unit: 'addresses',
      help: 'Addresses whose messages an account may ask to keep always, or never.',
    }),
  },
  setup(xmpp) {
    const policy = xmpp.edge.settings.of(messagingSettings);
    const current = (home: Home): Element =>
      write(archivePreferences(home) ?? { default: POLICIES[policy.archive], always: [], never: [] });
    const place = { ns: NS_MAM, name: 'prefs', by: 'anyone', otherwise: forbid } as const;
    xmpp.onIqGet(place, (iq) => {
      checkOwner(iq);
      return current(iq.home);
    });
    xmpp.onIqSet(place, async (iq) => {
      checkOwner(iq);
      await setArchivePreferences(iq.home, read(iq.payload, xmpp.settings.maxAddresses));
      return current(iq.home);
    });
  },
});

function checkOwner({ isOwner }: IqRequest): void {
  if (!isOwner) forbid();
}

/** Also where there is no such account, or anyone could find out by this which ones there are. */
function forbid(): never {
  throw new StanzaError('forbidden', { text: 'An archive is for its owner.' });
}

/** §2.1. Whose messages are to be kept always and never, has them kept never. */
function read(prefs: Element, maxAddresses: number): ArchivePreferences {
  const fallback = prefs.attributes.default ?? '';
  if (!DEFAULTS.includes(fallback)) {
    throw new StanzaError('bad-request', { text: `The default is one of ${DEFAULTS.join(', ')}.` });
  }
  const never = addresses(prefs, 'never');
  const always = new Set([...addresses(prefs, 'always')].filter((address) => !never.has(address)));
  if (always.size + never.size > maxAddresses) {
    throw new Failure('over-limit', `the preferences of an archive name ${maxAddresses} addresses at most`);
  }
  return { default: fallback as ArchiveDefault, always: [...always], never: [...never] };
}

function addresses(prefs: Element, name: 'always' | 'never'): Set<string> {
  const found = new Set<string>();
  for (const item of prefs.child(name)?.elements() ?? []) {
    if (!item.is('jid', NS_MAM)) throw new StanzaError('bad-request', { text: `In <${name}/> there are <jid/>s.` });
    found.add(parse(item.text().trim()));
  }
  return found;
}

function parse(text: string): string {
  try {
    return Jid.parse(text).full;
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    throw new StanzaError('jid-malformed', { text: error.message });
  }
}

function write({ default: fallback, always, never }: ArchivePreferences): Element {
  const list = (name: string, all: readonly string[]) =>
    element(name, NS_MAM, {}, ...all.map((address) => element('jid', NS_MAM, {}, address)));
  return element('prefs', NS_MAM, { default: fallback }, list('always', always), list('never', never));
}
