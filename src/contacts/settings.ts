import { integer, settingsGroup, type Values } from '#base/settings.ts';

export const contactLimits = settingsGroup('contacts.limits', {
  maxContacts: integer({
    default: 2000,
    min: 1,
    max: 100_000,
    unit: 'contacts',
    help: 'How many people one contact list may hold. Lists that are longer already stay as they are.',
  }),
  maxRequests: integer({
    default: 500,
    min: 1,
    max: 100_000,
    unit: 'requests',
    help: 'How many requests to see an account wait for its owner at most; further ones are refused.',
  }),
  maxRequestLength: integer({
    default: 8192,
    min: 0,
    max: 262_144,
    unit: 'characters',
    help: 'A waiting request that is longer is kept without what its sender added to it.',
  }),
  maxNameLength: integer({
    default: 512,
    min: 1,
    max: 10_000,
    unit: 'characters',
    help: 'The longest name that a person may give to a contact.',
  }),
  maxGroupLength: integer({
    default: 256,
    min: 1,
    max: 10_000,
    unit: 'characters',
    help: 'The longest name of a group of contacts.',
  }),
  maxGroups: integer({
    default: 100,
    min: 1,
    max: 10_000,
    unit: 'groups',
    help: 'How many groups one contact may be in.',
  }),
  maxBlocked: integer({
    default: 1000,
    min: 1,
    max: 100_000,
    unit: 'addresses',
    help: 'How many addresses one account may block.',
  }),
});

export type ContactLimits = Readonly<Values<typeof contactLimits.shape>>;

const shape = contactLimits.shape;

/** The limits where nobody set any. */
export const defaultContactLimits: ContactLimits = {
  maxContacts: shape.maxContacts.default,
  maxRequests: shape.maxRequests.default,
  maxRequestLength: shape.maxRequestLength.default,
  maxNameLength: shape.maxNameLength.default,
  maxGroupLength: shape.maxGroupLength.default,
  maxGroups: shape.maxGroups.default,
  maxBlocked: shape.maxBlocked.default,
};
