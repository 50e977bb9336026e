/** What programs sign in to the REST API with. */
import { z } from 'zod';
import { ApiTokens } from '#accounts/api-tokens.ts';
import { roles } from '#accounts/roles.ts';
import { type CommandContext, command } from './command.ts';

const DAY_MS = 86_400_000;

const name = z
  .string()
  .regex(
    /^[a-z0-9][a-z0-9._-]{0,63}$/,
    'up to 64 of a to z, 0 to 9, dot, hyphen and underscore, a letter or digit first',
  )
  .describe('what it is for: backup, monitoring');

const token = z.object({
  name: z.string(),
  role: z.enum(roles),
  createdAt: z.number().describe('epoch milliseconds'),
  expiresAt: z.number().describe('epoch milliseconds'),
  expired: z.boolean(),
  lastUsedAt: z.number().optional().describe('epoch milliseconds, to the hour'),
});

export type Token = z.infer<typeof token>;

const created = z.object({
  name: z.string(),
  role: z.enum(roles),
  expiresAt: z.number().describe('epoch milliseconds'),
  token: z.string().describe('told this once: only a hash of it is kept'),
});

export const tokenCreate = command({
  name: 'token.create',
  help: 'Makes a token for a program, which may do with it what its role allows.',
  role: 'administrator',
  changes: true,
  input: z.strictObject({ name, role: z.enum(roles), days: z.int().min(1).max(3650).default(365) }),
  output: created,
  subject: ({ name, role }) => `${name} (${role})`,
  async run(context, { name, role, days }) {
    const expiresAt = context.homes.clock.now() + days * DAY_MS;
    return { name, role, expiresAt, token: await tokensOf(context).create(name, role, expiresAt) };
  },
});

export const tokenList = command({
  name: 'token.list',
  help: 'Lists the tokens, without what they are.',
  role: 'administrator',
  changes: false,
  input: z.strictObject({}),
  output: z.array(token),
  async run(context): Promise<Token[]> {
    const now = context.homes.clock.now();
    return (await tokensOf(context).list()).map(({ name, role, createdAt, expiresAt, lastUsedAt }) => ({
      name,
      role,
      createdAt,
      expiresAt,
      expired: expiresAt <= now,
      ...(lastUsedAt > 0 && { lastUsedAt }),
    }));
  },
});

export const tokenRevoke = command({
  name: 'token.revoke',
  help: 'Makes a token worthless, at once.',
  role: 'administrator',
  changes: true,
  input: z.strictObject({ name }),
  output: z.object({ name: z.string() }),
  async run(context, { name }) {
    await tokensOf(context).revoke(name);
    return { name };
  },
});

function tokensOf({ homes }: CommandContext): ApiTokens {
  return new ApiTokens(homes.database, homes.clock);
}
