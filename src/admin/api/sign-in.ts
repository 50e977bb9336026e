/** Who asks: an account that holds a role, by its password (RFC 7617), or a program, by its token (RFC 6750). */
import { isUtf8 } from 'node:buffer';
import type { Account, Accounts } from '#accounts/accounts.ts';
import { prepareAddress } from '#accounts/address.ts';
import type { ApiTokens } from '#accounts/api-tokens.ts';
import { networkOf } from '#accounts/network.ts';
import { rolesOf } from '#accounts/roles.ts';
import type { Throttle } from '#accounts/throttle.ts';
import { decodeBase64 } from '#base/base64.ts';
import { Failure } from '#base/failure.ts';
import type { Caller } from '#commands/caller.ts';
import { verifyPassword } from '#keys/credentials.ts';
import type { Database } from '#store/database.ts';
import { ApiError } from './api-error.ts';
import type { Rate } from './rate.ts';

export interface SignInServices {
  readonly accounts: Pick<Accounts, 'credentialsOf'>;
  readonly tokens: Pick<ApiTokens, 'find'>;
  readonly throttle: Pick<Throttle, 'attempt' | 'failed' | 'succeeded'>;
  readonly database: Database;
  /** Meant where a user name has none. */
  readonly domain: string;
  readonly wrongTokens: Rate;
}

const CHALLENGE = 'Basic realm="Rollcall", charset="UTF-8", Bearer realm="Rollcall"';

/**
 * @param authorization the header of that name
 * @param ip where from, as the socket gives it
 * @throws {ApiError} 401, 429
 */
export async function whoAsks(
  services: SignInServices,
  authorization: string | undefined,
  ip: string,
): Promise<Caller> {
  const [, scheme = '', credentials = ''] = /^([A-Za-z]+) +(\S+)$/.exec(authorization ?? '') ?? [];
  switch (scheme.toLowerCase()) {
    case 'bearer':
      return byToken(services, credentials, ip);
    case 'basic':
      return byPassword(services, credentials, ip);
    default:
      throw unauthorized('sign in with the password of an account that holds a role, or with a token');
  }
}

async function byToken({ tokens, wrongTokens }: SignInServices, given: string, ip: string): Promise<Caller> {
  const network = networkOf(ip);
  const waitSeconds = wrongTokens.wait(network);
  if (waitSeconds > 0) throw tooMany('too many wrong tokens came from this network', waitSeconds);
  const token = await tokens.find(given);
  if (token !== undefined) return { name: `token ${token.name}`, face: 'rest', roles: [token.role] };
  wrongTokens.count(network);
  throw unauthorized('this token is none, was revoked, or has expired');
}

async function byPassword(services: SignInServices, given: string, ip: string): Promise<Caller> {
  const { accounts, throttle, database } = services;
  const { address, password } = readBasic(given, services.domain);
  checkThrottle(throttle, address, ip);
  const { account, credentials } = await accounts.credentialsOf(address);
  const matches = await verifyPassword(credentials, password);
  // Once more: of guesses made side by side no more are answered than of guesses made one by one.
  checkThrottle(throttle, address, ip);
  if (!matches || account === undefined) {
    throttle.failed(address, ip);
    throw unauthorized('the user name or the password is wrong');
  }
  throttle.succeeded(address, ip);
  return { name: account.address, face: 'rest', roles: await rolesNow(accounts, database, account) };
}

/** The account may have been changed while its password was being checked. */
async function rolesNow(accounts: SignInServices['accounts'], database: Database, was: Account) {
  const { account } = await accounts.credentialsOf(was.address);
  if (account?.id !== was.id || !account.enabled || account.passwordChangedAt !== was.passwordChangedAt) {
    throw unauthorized('this account may not sign in');
  }
  return rolesOf(database, account);
}

/** RFC 7617 §2: the user name ends at the first colon. */
function readBasic(given: string, domain: string): { address: string; password: string } {
  const bytes = decodeBase64(given);
  if (bytes === undefined || !isUtf8(bytes)) throw unauthorized('the credentials are not base64 of UTF-8');
  const [, user = '', password = ''] = /^([^:]*):(.*)$/s.exec(bytes.toString()) ?? [];
  try {
    return { address: prepareAddress(user.includes('@') ? user : `${user}@${domain}`), password };
  } catch (error) {
    if (error instanceof Failure) throw unauthorized('the user name or the password is wrong');
    throw error;
  }
}

function checkThrottle(throttle: SignInServices['throttle'], address: string, ip: string): void {
  const attempt = throttle.attempt(address, ip);
  if (!attempt.allowed) throw tooMany('too many wrong passwords', Math.ceil(attempt.retryAfterMs / 1000));
}

function unauthorized(message: string): ApiError {
  return new ApiError(401, message, { 'WWW-Authenticate': CHALLENGE });
}

export function tooMany(what: string, waitSeconds: number): ApiError {
  return new ApiError(429, `${what}; try again in ${waitSeconds} s`, { 'Retry-After': String(waitSeconds) });
}
