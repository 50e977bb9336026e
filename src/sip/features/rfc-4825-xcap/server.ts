/** RFC 4825 over HTTP: from a request to a document or a node of it, and to the answer. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { prepareAddress } from '#accounts/address.ts';
import { Failure } from '#base/failure.ts';
import { HttpError, type HttpHandler } from '#base/http-routes.ts';
import { NS_XCAP_CAPS } from '../../bodies/namespaces.ts';
import { XCAP_CAPS_TYPE } from '../../bodies/xcap-caps.ts';
import { XCAP_ERROR_TYPE } from '../../bodies/xcap-error.ts';
import { SelectorError } from '../../xcap/selector.ts';
import { XcapError } from '../../xcap/xcap-error.ts';
import { parseXcapUri, type XcapUri } from '../../xcap/xcap-uri.ts';
import { CAPS_AUID, capsDocument } from './caps.ts';
import { contactOf } from './contact-uris.ts';
import { DIRECTORY_AUID, serveDirectory } from './directory.ts';
import { checkMethod, nothingThere, READING, readFrom, send, serveDocument } from './exchange.ts';
import type { HttpAuthentication } from './http-authentication.ts';
import type { ApplicationUsage } from './usage.ts';
import { XCAP_ROOT } from './xcap-root.ts';

export interface XcapServerOptions {
  readonly usages: readonly ApplicationUsage[];
  readonly authentication: HttpAuthentication;
  /** The domain of those who are named without one. */
  readonly domain: string;
  /** Read each time. */
  readonly settings: { readonly maxDocumentBytes: number };
}

export function xcapHandler(options: XcapServerOptions): HttpHandler {
  const server = new XcapServer(options);
  return async (request, response, readBody) => {
    try {
      await server.serve(request, response, once(readBody));
    } catch (error) {
      if (error instanceof SelectorError) throw new HttpError(400, error.message);
      if (!(error instanceof XcapError)) throw error;
      send(response, 409, { 'Content-Type': XCAP_ERROR_TYPE }, error.document);
    }
  };
}

class XcapServer {
  readonly #options: XcapServerOptions;
  readonly #usages: ReadonlyMap<string, ApplicationUsage>;

  constructor(options: XcapServerOptions) {
    this.#options = options;
    this.#usages = new Map(options.usages.map((usage) => [usage.auid, usage]));
  }

  async serve(request: IncomingMessage, response: ServerResponse, readBody: () => Promise<Buffer>): Promise<void> {
    const { authentication, settings, usages } = this.#options;
    const verdict = await authentication.check(request, readBody);
    if ('retryAfterSeconds' in verdict) {
      response.setHeader('Retry-After', verdict.retryAfterSeconds);
      throw new HttpError(429, 'too many wrong passwords; try again in a while');
    }
    if ('challenges' in verdict) {
      response.setHeader('WWW-Authenticate', verdict.challenges);
      throw new HttpError(401, 'sign in with the name and the password of the account');
    }
    const uri = parseXcapUri(below(request.url ?? ''));
    if (uri === undefined) throw nothingThere();
    if (uri.auid === CAPS_AUID && uri.tree === 'global') return this.#serveCaps(request, response, uri);
    const usage = this.#usages.get(uri.auid);
    const isDirectory = uri.auid === DIRECTORY_AUID;
    if (uri.tree === 'global' || (usage === undefined && !isDirectory)) throw nothingThere();
    const { home } = verdict;
    // §5.7: everybody has their own tree. Whether there is another one is nobody's business.
    if (this.#ownerOf(uri) !== home.address) throw new HttpError(403, 'these documents are for their owner alone');
    if (usage === undefined) return serveDirectory(request, response, uri, home, usages);
    await serveDocument({ request, response, readBody, uri, home, usage }, settings.maxDocumentBytes);
  }

  /** §6.2: a user is called by name, address or URI. */
  #ownerOf({ xui }: XcapUri): string | undefined {
    if (/^(sips?|pres|im):/i.test(xui)) return contactOf(xui);
    try {
      return prepareAddress(xui.includes('@') ? xui : `${xui}@${this.#options.domain}`);
    } catch (error) {
      if (error instanceof Failure) return undefined;
      throw error;
    }
  }

  /** §12: what this server can do; in the global tree, which nobody writes to. */
  #serveCaps(request: IncomingMessage, response: ServerResponse, uri: XcapUri): void {
    if (uri.path.join('/') !== 'index') throw nothingThere();
    checkMethod(request, response, READING);
    readFrom(request, response, uri, capsDocument(this.#options.usages), XCAP_CAPS_TYPE, NS_XCAP_CAPS);
  }
}

function below(url: string): string {
  return url.replace(/^https?:\/\/[^/?#]*/i, '').slice(XCAP_ROOT.length);
}

/** So that a body is read once, whoever asks first. */
function once<T>(read: () => Promise<T>): () => Promise<T> {
  let reading: Promise<T> | undefined;
  return () => {
    reading ??= read();
    return reading;
  };
}
