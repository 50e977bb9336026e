/**
 * What an edge may serve on the HTTPS port without knowing who keeps it open: places for requests, and WebSockets by
 * subprotocol.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';

/**
 * Answers one request. What it throws is answered as an error: a `Failure` by its kind, an `HttpError` by its status.
 * @param readBody reads the body whole, within the port's limit
 */
export type HttpHandler = (
  request: IncomingMessage,
  response: ServerResponse,
  readBody: () => Promise<Buffer>,
) => void | Promise<void>;

/** Takes a connection over that asks to become a WebSocket (RFC 6455 §4.2); nothing has been answered yet. */
export type UpgradeHandler = (request: IncomingMessage, socket: Duplex, head: Buffer) => void;

export interface HttpRoutes {
  /** What the port is now; 0 while it is closed. */
  readonly port: number;
  /**
   * Takes the requests to a path and to all below it; of several, the longest path has them.
   * @param path begins with a slash and ends without one
   * @returns what withdraws it
   */
  handle(path: string, handler: HttpHandler): () => void;
  /** Takes WebSockets that offer a subprotocol at exactly that path. @returns what withdraws it */
  onUpgrade(path: string, subprotocol: string, handler: UpgradeHandler): () => void;
}

/** A status that HTTP has a word of its own for; other errors are a `Failure`. */
export class HttpError extends Error {
  readonly statusCode: number;

  /** @param message one sentence, for the person who asked */
  constructor(statusCode: number, message: string) {
    super(message);
    this.name = 'HttpError';
    this.statusCode = statusCode;
  }
}

export class HttpRouteTable implements HttpRoutes {
  /** Set by who keeps the port open. */
  portNow: () => number = () => 0;
  readonly #handlers = new Map<string, HttpHandler>();
  readonly #upgrades = new Map<string, Map<string, UpgradeHandler>>();

  get port(): number {
    return this.portNow();
  }

  handle(path: string, handler: HttpHandler): () => void {
    return register(this.#handlers, path, handler, path);
  }

  onUpgrade(path: string, subprotocol: string, handler: UpgradeHandler): () => void {
    const there = this.#upgrades.get(path) ?? new Map<string, UpgradeHandler>();
    this.#upgrades.set(path, there);
    return register(there, subprotocol, handler, `${path} (${subprotocol})`);
  }

  /** @param path of a request, without its query */
  handlerOf(path: string): HttpHandler | undefined {
    let longest = '';
    for (const place of this.#handlers.keys()) {
      if (place.length > longest.length && isAt(path, place)) longest = place;
    }
    return this.#handlers.get(longest);
  }

  /**
   * @param subprotocols as offered, the client's favourite first
   * @returns undefined where nothing is at that path; null where it speaks none of the subprotocols
   */
  upgradeOf(path: string, subprotocols: readonly string[]): UpgradeHandler | null | undefined {
    const there = this.#upgrades.get(path);
    if (there === undefined || there.size === 0) return undefined;
    const spoken = subprotocols.find((subprotocol) => there.has(subprotocol));
    return spoken === undefined ? null : there.get(spoken)!;
  }
}

/** The path of a request's target, as it came, in origin-form or absolute-form (RFC 9112 §3.2), without the query. */
export function pathOf(target: string): string {
  const origin = target.replace(/^https?:\/\/[^/?#]*/i, '');
  const end = origin.search(/[?#]/);
  const path = end < 0 ? origin : origin.slice(0, end);
  return path === '' ? '/' : path;
}

function isAt(path: string, place: string): boolean {
  return path.startsWith(place) && (path.length === place.length || path[place.length] === '/');
}

function register<V>(table: Map<string, V>, key: string, value: V, name: string): () => void {
  if (table.has(key)) throw new Error(`${name} has a handler already`);
  table.set(key, value);
  return () => table.delete(key);
}
