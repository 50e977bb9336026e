import { Failure } from '#base/failure.ts';
import type { Log } from '#base/log.ts';

/** Every error is a JSON object with one sentence. */
export interface ErrorAnswer {
  readonly status: number;
  readonly body: { readonly error: string; readonly kind?: Failure['kind'] };
}

/** What is ours to know goes to the log, and its short id to the client. */
export function errorAnswer(
  error: unknown,
  request: { method?: string | undefined; url?: string | undefined },
  log: Log,
): ErrorAnswer {
  if (error instanceof Failure) {
    return { status: STATUS[error.kind], body: { error: error.message, kind: error.kind } };
  }
  const { statusCode = 500, message, code } = error as NodeJS.ErrnoException & { statusCode?: number };
  // Whoever asked has gone in the middle of it, and reads no answer.
  if (code === 'ECONNRESET') return { status: 400, body: { error: 'the request broke off' } };
  if (statusCode < 500) return { status: statusCode, body: { error: message } };
  const id = Math.random().toString(36).slice(2, 10);
  log.error({ err: error, id, method: request.method, url: request.url }, 'a request failed');
  return { status: 500, body: { error: `an internal error; the log has it as ${id}` } };
}

export function nothingAt(method: string, url: string): ErrorAnswer {
  return { status: 404, body: { error: `nothing is at ${method} ${url}` } };
}

const STATUS: Record<Failure['kind'], number> = {
  malformed: 400,
  conflict: 409,
  'not-found': 404,
  'not-acceptable': 406,
  forbidden: 403,
  blocked: 403,
  'over-limit': 429,
  unavailable: 503,
  'store-failing': 503,
};
