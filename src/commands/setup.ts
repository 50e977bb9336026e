/** The setup that follows an installation: until it is finished the node serves nobody. */
import { z } from 'zod';
import { Failure } from '#base/failure.ts';
import { command } from './command.ts';

/** The setup of a running node. */
export interface SetupControl {
  /** Why the node serves nobody yet; undefined when it does. */
  readonly lockedBecause: string | undefined;
  /** The host of the Unified CM publisher; '' for the embedded one. */
  readonly callManager: string;
  /** Lets people in, and takes the time from the Unified CM publisher alone. @throws {Failure} where that cannot be */
  finish(): Promise<void>;
}

const status = z.object({
  finished: z.boolean(),
  reason: z.string().optional().describe('why the node serves nobody yet'),
  callManager: z.string().optional().describe('the Unified CM publisher; left out for the embedded one'),
});

export type SetupStatus = z.infer<typeof status>;

export const setupStatus = command({
  name: 'setup.status',
  help: 'Whether the setup is finished, and what is missing.',
  role: 'monitor',
  changes: false,
  input: z.strictObject({}),
  output: status,
  run: ({ setup }) => statusOf(setup),
});

export const setupFinish = command({
  name: 'setup.finish',
  help: 'Finishes the setup: people may sign in, and the time is taken from the Unified CM publisher alone.',
  role: 'administrator',
  changes: true,
  duringSetup: true,
  input: z.strictObject({}),
  output: status,
  async run({ setup }) {
    if (setup === undefined) throw new Failure('unavailable', 'start the server first, with "rollcall start"');
    await setup.finish();
    return statusOf(setup);
  },
});

function statusOf(setup: SetupControl | undefined): SetupStatus {
  if (setup === undefined) return { finished: true };
  const { lockedBecause, callManager } = setup;
  return {
    finished: lockedBecause === undefined,
    ...(lockedBecause !== undefined && { reason: lockedBecause }),
    ...(callManager !== '' && { callManager }),
  };
}
