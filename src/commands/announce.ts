/** A word to everybody who is there, or who comes. */
import { setImmediate } from 'node:timers/promises';
import { z } from 'zod';
import type { Home } from '#accounts/home.ts';
import { Failure } from '#base/failure.ts';
import {
  announcement,
  deleteStanding,
  setStanding,
  standingKinds,
  standingMessages,
} from '#messaging/standing-messages.ts';
import { submit } from '#messaging/submit.ts';
import { type CommandContext, command } from './command.ts';

/** So many are told in one turn of the event loop. */
const SLICE = 50;

const body = z.string().min(1).max(10_000);
const subject = z.string().max(1000).default('');

export const serverAnnounce = command({
  name: 'server.announce',
  help: 'Sends a message to everybody who is signed in now; it is not kept for those who are not.',
  role: 'operator',
  changes: true,
  input: z.strictObject({ body, subject }),
  output: z.object({ told: z.number().describe('how many accounts it was sent to') }),
  subject: ({ subject }) => subject,
  async run(context, { subject, body }) {
    let told = 0;
    let asked = 0;
    for (const home of [...context.homes.all()].filter(({ devices }) => devices.size > 0)) {
      if (await tell(context, home, subject, body)) told++;
      if (++asked % SLICE === 0) await setImmediate();
    }
    return { told };
  },
});

/** @returns whether somebody took it */
async function tell({ domain, homes }: CommandContext, home: Home, subject: string, body: string): Promise<boolean> {
  try {
    await submit(homes, announcement(domain, home.address, { subject, body }, homes.clock.now()));
    return true;
  } catch (error) {
    if (error instanceof Failure) return false;
    throw error;
  }
}

const kind = z
  .enum(standingKinds)
  .describe('motd: of the day, for everybody; welcome: for accounts that are newer than it');
const notice = z.object({
  kind: z.enum(standingKinds),
  subject: z.string(),
  body: z.string(),
  setAt: z.number().describe('epoch milliseconds'),
});

export const noticeList = command({
  name: 'notice.list',
  help: 'Lists the messages that stand: the one of the day, and the welcome.',
  role: 'monitor',
  changes: false,
  input: z.strictObject({}),
  output: z.array(notice),
  run: ({ homes }) => standingMessages(homes),
});

export const noticeSet = command({
  name: 'notice.set',
  help: 'Sets a message that stands: each is told once, at once or when they next sign in.',
  role: 'operator',
  changes: true,
  input: z.strictObject({
    kind,
    body,
    subject,
    again: z.boolean().default(true).describe('also to those who have seen the one before it'),
  }),
  output: notice,
  subject: ({ kind }) => kind,
  run: ({ homes }, { again, ...message }) => setStanding(homes, message, again),
});

export const noticeDelete = command({
  name: 'notice.delete',
  help: 'Takes a message away that stands.',
  role: 'operator',
  changes: true,
  input: z.strictObject({ kind }),
  output: z.object({ kind: z.enum(standingKinds) }),
  subject: ({ kind }) => kind,
  async run({ homes }, { kind }) {
    await deleteStanding(homes, kind);
    return { kind };
  },
});
