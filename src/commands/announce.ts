/** A word to everybody who is there. */
import { setImmediate } from 'node:timers/promises';
import { z } from 'zod';
import type { Home } from '#accounts/home.ts';
import { Failure } from '#base/failure.ts';
import { Delivery } from '#messaging/delivery.ts';
import { submit } from '#messaging/submit.ts';
import { element } from '#xml/element.ts';
import { type CommandContext, command } from './command.ts';

const NS = 'jabber:client';
/** So many are told in one turn of the event loop. */
const SLICE = 50;

export const serverAnnounce = command({
  name: 'server.announce',
  help: 'Sends a message to everybody who is signed in now; it is not kept for those who are not.',
  role: 'operator',
  changes: true,
  input: z.strictObject({
    body: z.string().min(1).max(10_000),
    subject: z.string().max(1000).default(''),
  }),
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

/** RFC 6121 §5.2.2: a headline goes to all who are there, and to nobody later. @returns whether somebody took it */
async function tell({ domain, homes }: CommandContext, home: Home, subject: string, body: string): Promise<boolean> {
  const message = element(
    'message',
    NS,
    { from: domain, to: home.address, type: 'headline' },
    subject === '' ? undefined : element('subject', NS, {}, subject),
    element('body', NS, {}, body),
  );
  const delivery = new Delivery({
    element: message,
    type: 'headline',
    from: { address: domain, device: '' },
    to: { address: home.address, device: '' },
    at: homes.clock.now(),
    sender: undefined,
    promised: false,
  });
  try {
    await submit(homes, delivery);
    return true;
  } catch (error) {
    if (error instanceof Failure) return false;
    throw error;
  }
}
