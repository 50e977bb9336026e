/** The REST API: every command, by the rule of `paths.ts`, on the HTTPS port, for who holds a role or a token. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Failure } from '#base/failure.ts';
import { HttpError, type HttpHandler, pathOf } from '#base/http-routes.ts';
import type { Values } from '#base/settings.ts';
import type { Caller } from '#commands/caller.ts';
import type { Command, CommandContext, Commands } from '#commands/command.ts';
import { inputFields, readInput } from '#commands/input-fields.ts';
import { ApiError } from './api-error.ts';
import { openApi } from './openapi.ts';
import { commandNameAt, methodOf, OPENAPI } from './paths.ts';
import { Rate } from './rate.ts';
import type { apiSettings } from './settings.ts';
import { type SignInServices, tooMany, whoAsks } from './sign-in.ts';

export interface ApiOptions extends Omit<SignInServices, 'wrongTokens' | 'domain' | 'database'> {
  commands: Commands;
  context: CommandContext;
  settings: Readonly<Values<typeof apiSettings.shape>>;
  version: string;
}

/** Many more values than any query needs. */
const MAX_QUERY_VALUES = 1000;

/** What answers `/api` and all below it. */
export function apiHandler(options: ApiOptions): HttpHandler {
  const { commands, context, settings, version, accounts, tokens, throttle } = options;
  const { clock, database } = context.homes;
  const requests = new Rate(clock, () => settings.requestsPerMinute);
  const wrongTokens = new Rate(clock, () => settings.wrongTokensPerMinute);
  const services: SignInServices = { accounts, tokens, throttle, database, domain: context.domain, wrongTokens };
  const description = lazily(() => openApi(commands, version));

  const handle: HttpHandler = async (request, response, readBody) => {
    const { method = '', url = '', headers, socket } = request;
    if (!settings.enabled) throw new HttpError(404, `nothing is at ${method} ${pathOf(url)}`);
    const caller = await whoAsks(services, headers.authorization, socket.remoteAddress ?? '');
    const waitSeconds = requests.count(caller.name);
    if (waitSeconds > 0) throw tooMany('too many requests', waitSeconds);
    const path = pathOf(url);
    if (path === OPENAPI) {
      checkMethod(request, 'GET');
      checkHasRole(caller);
      answer(response, 200, await description());
      return;
    }
    const found = commands.find(commandNameAt(path) ?? '');
    if (found === undefined) throw new HttpError(404, `nothing is at ${method} ${path}`);
    checkMethod(request, methodOf(found));
    const input = found.changes ? await readJson(request, readBody) : readQuery(found, url);
    const output = await commands.run(found.name, input, context, caller);
    answer(response, found.startsJob ? 202 : 200, JSON.stringify(output ?? null));
  };

  return async (request, response, readBody) => {
    try {
      await handle(request, response, readBody);
    } catch (error) {
      if (error instanceof ApiError) {
        for (const [name, value] of Object.entries(error.headers)) response.setHeader(name, value);
      }
      throw error;
    }
  };
}

function checkMethod({ method = '' }: IncomingMessage, expected: 'GET' | 'POST'): void {
  if (method === expected) return;
  throw new ApiError(405, `this is asked for by ${expected}, not by ${method}`, { Allow: expected });
}

function checkHasRole({ roles }: Caller): void {
  if (roles.length === 0) throw new Failure('forbidden', 'this account holds no role: ask an administrator for one');
}

/**
 * That a body says that it is JSON keeps out what a web page can make a browser send without asking first.
 * @throws {HttpError} 415; {Failure} 'malformed'
 */
async function readJson({ headers }: IncomingMessage, readBody: () => Promise<Buffer>): Promise<unknown> {
  if (!/^application\/json\s*(;|$)/i.test(headers['content-type'] ?? '')) {
    throw new HttpError(415, 'the body is JSON; say so with Content-Type: application/json');
  }
  const text = new TextDecoder('utf-8', { fatal: true });
  const body = await readBody();
  try {
    return body.length === 0 ? {} : JSON.parse(text.decode(body));
  } catch {
    throw new Failure('malformed', 'the body is not JSON in UTF-8');
  }
}

function readQuery(command: Command, url: string): unknown {
  const at = url.indexOf('?');
  const query = new URLSearchParams(at < 0 ? '' : url.slice(at + 1));
  if (query.size > MAX_QUERY_VALUES) throw new Failure('malformed', 'the query has too many values');
  const given = new Map<string, string[]>();
  for (const [name, value] of query) {
    const known = given.get(name);
    if (known === undefined) given.set(name, [value]);
    else known.push(value);
  }
  return readInput(inputFields(command), given);
}

function answer(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, {
    'Content-Type': 'application/json',
    'Content-Length': Buffer.byteLength(text),
    'Cache-Control': 'no-store',
    'X-Content-Type-Options': 'nosniff',
  });
  response.end(text);
}

/** Made when somebody asks for it first. */
function lazily(make: () => Promise<string>): () => Promise<string> {
  let made: Promise<string> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
