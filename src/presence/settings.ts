import { choice, flag, integer, settingsGroup, type Values } from '#base/settings.ts';

export const presenceSettings = settingsGroup('presence', {
  visibility: choice({
    default: 'contacts',
    values: ['contacts', 'everyone'],
    help: 'Who may watch an account: those whom it has admitted to its contact list, or everyone on this server unasked. Whom it blocks may not.',
  }),
  registeredIsAvailable: flag({
    default: true,
    help: 'Whether a SIP client that is registered and publishes nothing is shown as available.',
  }),
  onTheCallShow: choice({
    default: 'away',
    values: ['away', 'dnd'],
    help: 'What XMPP clients are shown of somebody who is on the phone, beside the words "On a call". With dnd, many of them sound no bell.',
  }),
  maxSources: integer({
    default: 50,
    min: 1,
    max: 1000,
    unit: 'publications',
    help: 'How many publications besides those of signed-in XMPP clients an account may have: SIP clients, phone lines, calendars.',
  }),
  maxDocumentLength: integer({
    default: 65_536,
    min: 4096,
    max: 1_048_576,
    unit: 'characters',
    help: 'The longest presence document that one of them may publish.',
  }),
});

export type PresenceSettings = Readonly<Values<typeof presenceSettings.shape>>;

const { shape } = presenceSettings;

/** The settings where nobody set any. */
export const defaultPresenceSettings: PresenceSettings = {
  visibility: shape.visibility.default,
  registeredIsAvailable: shape.registeredIsAvailable.default,
  onTheCallShow: shape.onTheCallShow.default,
  maxSources: shape.maxSources.default,
  maxDocumentLength: shape.maxDocumentLength.default,
};
