/** How this server follows its Unified CM. */
import { z } from 'zod';
import { Failure } from '#base/failure.ts';
import { type CommandContext, command } from './command.ts';

const instant = z.number().describe('epoch milliseconds');
const person = z.object({ userid: z.string(), reason: z.string() });

const status = z.object({
  unifiedCm: z.string().describe('its host, or that it is the embedded one'),
  version: z.string().optional().describe('of Unified CM, as it says it; absent until it was reached'),
  release: z.string().describe('the release of this server that has to match it'),
  match: z.boolean().optional(),
  matchReason: z.string().optional(),
  phase: z.enum(['idle', 'comparing everything', 'following changes']),
  done: z.number().optional().describe('end users, of the phase that is under way'),
  total: z.number().optional().describe('of the phase that is under way; absent while it is not known'),
  startedAt: instant.optional().describe('of the phase that is under way'),
  comparedAt: instant.optional().describe('when everything was last compared'),
  followedAt: instant.optional().describe('up to when changes of Unified CM are known here'),
  lagMs: z.number().optional().describe('how old the newest thing is that could be missing here'),
  error: z.string().optional().describe('why the last attempt failed; absent when all is well'),
  errorSinceAt: instant.optional(),
  throttled: z.number().describe('how often Unified CM was too busy'),
  users: z.object({ total: z.number(), enabled: z.number(), aside: z.number(), missing: z.number() }),
  aside: z.array(person).describe('those of whom something could not be done as Unified CM says; the first hundred'),
});

export type SyncStatus = z.infer<typeof status>;

export const syncStatus = command({
  name: 'sync.status',
  help: 'How far this server has followed its Unified CM, and who was put aside.',
  role: 'monitor',
  changes: false,
  input: z.strictObject({}),
  output: status,
  run: (context) => required(context).status(),
});

export const syncRun = command({
  name: 'sync.run',
  help: 'Compares all end users with Unified CM now.',
  role: 'operator',
  changes: true,
  duringSetup: true,
  input: z.strictObject({
    allowMissing: z.boolean().default(false).describe('however many end users are missing, they are meant to be'),
  }),
  output: status,
  async run(context, { allowMissing }) {
    const unifiedCm = required(context);
    await unifiedCm.compare(allowMissing);
    return unifiedCm.status();
  },
});

function required({ unifiedCm }: CommandContext) {
  if (unifiedCm !== undefined) return unifiedCm;
  throw new Failure('unavailable', 'no Unified CM is followed here: start the server, and ask again');
}
