/** What is known of a person's account, and who is there. */
import { z } from 'zod';
import { Failure } from '#base/failure.ts';
import { contactsOf } from '#contacts/contact-list.ts';
import { inboxOf } from '#messaging/inbox.ts';
import { lastUnavailable } from '#presence/last-unavailable.ts';
import { command, withDomain } from './command.ts';
import { homeOf } from './presence.ts';
import { address, checkRank, existing } from './users.ts';

const one = z.strictObject({ address });

export const userEndSessions = command({
  name: 'user.end-sessions',
  help: 'Signs the devices of an account out, all or one. They may sign in again: to prevent that, disable it.',
  role: 'help-desk',
  changes: true,
  input: z.strictObject({
    address,
    device: z
      .string()
      .min(1)
      .max(1023)
      .optional()
      .describe('an XMPP resource or the id of a SIP device; all without it'),
  }),
  output: z.object({ address: z.string(), ended: z.array(z.string()).describe('ids of the devices') }),
  subject: ({ address, device }, domain) => withDomain(address, domain) + (device === undefined ? '' : `/${device}`),
  async run(context, { address: given, device: wanted }) {
    const account = await existing(context, given);
    await checkRank(context, account);
    const devices = [...(context.homes.loaded(account.address)?.devices.values() ?? [])];
    const ended = devices.filter(({ id }) => wanted === undefined || id === wanted);
    if (wanted !== undefined && ended.length === 0) {
      throw new Failure('not-found', `${account.address} has no device ${wanted} that is signed in`);
    }
    for (const device of ended) device.end('ended');
    return { address: account.address, ended: ended.map(({ id }) => id) };
  },
});

const statistics = z.object({
  address: z.string(),
  enabled: z.boolean(),
  createdAt: z.number().describe('epoch milliseconds'),
  passwordChangedAt: z.number().describe('epoch milliseconds'),
  lastSeenAt: z
    .number()
    .optional()
    .describe('epoch milliseconds; now while a device is there, absent where none ever was'),
  contacts: z.number().optional().describe('absent while the account is disabled'),
  waiting: z.number().optional().describe('messages that no device has taken yet; absent while it is disabled'),
  devices: z.array(z.object({ id: z.string(), edge: z.enum(['xmpp', 'sip']), available: z.boolean() })),
});

export type UserStatistics = z.infer<typeof statistics>;

export const userStatistics = command({
  name: 'user.statistics',
  help: 'Figures of an account: its devices, how many contacts it has, what waits for it, when it was last there.',
  role: 'help-desk',
  changes: false,
  input: one,
  output: statistics,
  async run(context, input): Promise<UserStatistics> {
    const account = await existing(context, input.address);
    const { address, enabled, createdAt, passwordChangedAt } = account;
    const known = { address, enabled, createdAt, passwordChangedAt };
    if (!enabled) return { ...known, devices: [] };
    const home = await homeOf(context, address);
    const devices = [...home.devices.values()];
    const lastSeenAt = devices.length > 0 ? context.homes.clock.now() : lastUnavailable(home)?.at;
    return {
      ...known,
      ...(lastSeenAt !== undefined && { lastSeenAt }),
      contacts: contactsOf(home).count(({ listed }) => listed),
      waiting: inboxOf.of(home).owed.size,
      devices: devices.map(({ id, edge, publication }) => ({ id, edge, available: publication !== undefined })),
    };
  },
});

const contacts = z.array(
  z.object({
    address: z.string(),
    name: z.string(),
    groups: z.array(z.string()),
    subscription: z.enum(['none', 'to', 'from', 'both']),
    pending: z.boolean().describe('the owner has asked to see the contact, who has not answered'),
  }),
);

export type UserContacts = z.infer<typeof contacts>;

export const userContacts = command({
  name: 'user.contacts',
  help: "Lists an account's contacts.",
  role: 'help-desk',
  changes: false,
  input: one,
  output: contacts,
  async run(context, input): Promise<UserContacts> {
    const home = await homeOf(context, input.address);
    return [...contactsOf(home).all()]
      .filter(({ listed }) => listed)
      .map(({ address, name, groups, subscription, pendingOut }) => ({
        address,
        name,
        groups: [...groups],
        subscription,
        pending: pendingOut,
      }));
  },
});
