/** Where commands are in the REST API, by one rule: `user.list` is `/api/v1/user/list`. */
import type { Command } from '#commands/command.ts';

export const API = '/api';
export const OPENAPI = '/api/openapi.json';
const ROOT = '/api/v1/';

export type Method = 'GET' | 'POST';

/** What changes nothing is asked for by GET, the rest is done by POST. */
export function methodOf({ changes }: Pick<Command, 'changes'>): Method {
  return changes ? 'POST' : 'GET';
}

export function pathOfCommand({ name }: Pick<Command, 'name'>): string {
  return ROOT + name.replaceAll('.', '/');
}

/** @returns undefined where the path is no command's; whether there is such a command is for others to say */
export function commandNameAt(path: string): string | undefined {
  const rest = path.startsWith(ROOT) ? path.slice(ROOT.length) : '';
  return /^[a-z][a-z0-9-]*(\/[a-z][a-z0-9-]*)+$/.test(rest) ? rest.replaceAll('/', '.') : undefined;
}
