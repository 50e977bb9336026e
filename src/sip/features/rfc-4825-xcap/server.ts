/** RFC 4825 over HTTP: from a request to a document or a node of it, and to the answer. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { prepareAddress } from '#accounts/address.ts';
import type { Home } from '#accounts/home.ts';
import { Failure } from '#base/failure.ts';
import { HttpError, type HttpHandler } from '#base/http-routes.ts';
import { NS_XCAP_CAPS } from '../../bodies/namespaces.ts';
import { XCAP_CAPS_TYPE } from '../../bodies/xcap-caps.ts';
import { XCAP_ERROR_TYPE } from '../../bodies/xcap-error.ts';
import { readUtf8, readWhole } from '../../xcap/fragment.ts';
import { judge } from '../../xcap/preconditions.ts';
import { type NodeSelector, SelectorError } from '../../xcap/selector.ts';
import { noParent, XcapError } from '../../xcap/xcap-error.ts';
import { parseXcapUri, type XcapUri } from '../../xcap/xcap-uri.ts';
import { CAPS_AUID, capsDocument } from './caps.ts';
import { contactOf } from './contact-uris.ts';
import { changeDocument, type Present, readPresent } from './documents.ts';
import type { HttpAuthentication } from './http-authentication.ts';
import { deleteNode, isReadOnly, nodeType, putNode, readNode, readNodeSelector } from './nodes.ts';
import type { ApplicationUsage } from './usage.ts';
import { constraint } from './validation.ts';

export interface XcapServerOptions {
  /** The path of the root (§6.1). */
  readonly root: string;
  readonly usages: readonly ApplicationUsage[];
  readonly authentication: HttpAuthentication;
  /** The domain of those who are named without one. */
  readonly domain: string;
  /** Read each time. */
  readonly settings: { readonly maxDocumentBytes: number };
}

/** A request for a document of the one who asks, or a node of it. */
interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly readBody: () => Promise<Buffer>;
  readonly uri: XcapUri;
  readonly home: Home;
  readonly usage: ApplicationUsage;
}

const READING = ['GET', 'HEAD'];
const METHODS = ['GET', 'HEAD', 'PUT', 'DELETE'];

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
    const { authentication, root } = this.#options;
    const verdict = await authentication.check(request, readBody);
    if ('retryAfterSeconds' in verdict) {
      response.setHeader('Retry-After', verdict.retryAfterSeconds);
      throw new HttpError(429, 'too many wrong passwords; try again in a while');
    }
    if ('challenges' in verdict) {
      response.setHeader('WWW-Authenticate', verdict.challenges);
      throw new HttpError(401, 'sign in with the name and the password of the account');
    }
    const uri = parseXcapUri(below(root, request.url ?? ''));
    if (uri === undefined) throw nothingThere();
    if (uri.auid === CAPS_AUID && uri.tree === 'global') return this.#serveCaps(request, response, uri);
    const usage = this.#usages.get(uri.auid);
    if (usage === undefined || uri.tree === 'global') throw nothingThere();
    const { home } = verdict;
    // §5.7: everybody has their own tree. Whether there is another one is nobody's business.
    if (this.#ownerOf(uri) !== home.address) throw new HttpError(403, 'these documents are for their owner alone');
    await serveDocument({ request, response, readBody, uri, home, usage }, this.#options);
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

async function serveDocument(exchange: Exchange, options: XcapServerOptions): Promise<void> {
  const { request, response, uri, home, usage } = exchange;
  checkMethod(request, response, isReadOnly(uri, usage) ? READING : METHODS);
  const isThere = uri.path.length === 1 && uri.path[0] === usage.documentName;
  if (request.method === 'PUT') {
    if (!isThere) throw elsewhere(exchange, options);
    await put(exchange, options);
    return;
  }
  if (!isThere) throw nothingThere();
  if (request.method === 'DELETE') {
    await remove(exchange, options);
    return;
  }
  const present = await readPresent(home, usage);
  readFrom(request, response, uri, present, usage.contentType, usage.namespace);
}

/** An account has one document of each usage. §8.2.1: what is below a folder that is not there has no parent. */
function elsewhere({ request, uri, usage }: Exchange, { root }: XcapServerOptions): XcapError {
  if (uri.path.length === 1) return constraint(`${usage.auid} has one document, ${usage.documentName}`);
  const folder = uri.documentUri.split('/').slice(0, 4).join('/');
  return noParent('there is no such folder', absolute(request, `${root}${folder}`));
}

function readFrom(
  request: IncomingMessage,
  response: ServerResponse,
  uri: XcapUri,
  present: Present | undefined,
  contentType: string,
  namespace: string,
): void {
  const node = uri.selector === undefined ? undefined : readNodeSelector(uri, namespace);
  const body = present === undefined || node === undefined ? present?.text : readNode(present.text, node);
  const verdict = judge(conditionsOf(request), present?.tag, body !== undefined, true);
  if (verdict === 'failed') throw changed();
  if (present === undefined || body === undefined) throw nothingThere();
  const headers = { 'Content-Type': node === undefined ? contentType : nodeType(node), ETag: present.tag };
  if (verdict === 'not-modified') send(response, 304, { ETag: present.tag }, '');
  else send(response, 200, headers, body);
}

async function put(exchange: Exchange, options: XcapServerOptions): Promise<void> {
  const { request, response, readBody, uri, home, usage } = exchange;
  const node = uri.selector === undefined ? undefined : readNodeSelector(uri, usage.namespace);
  checkType(request, node === undefined ? usage.contentType : nodeType(node));
  const text = readUtf8(await readBody());
  let isNew = false;
  const present = await changeDocument(home, usage, options.settings.maxDocumentBytes, (now) => {
    checkConditions(request, now, node);
    if (node === undefined) {
      isNew = now === undefined;
      return { root: readWhole(text).root, text };
    }
    const document = `${options.root}${uri.documentUri}`;
    const edited = putNode(now?.text, node, text, (path) => absolute(request, `${document}${path}`));
    isNew = edited.isNew;
    return edited;
  });
  send(response, isNew ? 201 : 200, present === undefined ? {} : { ETag: present.tag }, '');
}

async function remove(exchange: Exchange, options: XcapServerOptions): Promise<void> {
  const { request, response, uri, home, usage } = exchange;
  const node = uri.selector === undefined ? undefined : readNodeSelector(uri, usage.namespace);
  const present = await changeDocument(home, usage, options.settings.maxDocumentBytes, (now) => {
    checkConditions(request, now, node);
    if (now === undefined) throw nothingThere();
    if (node === undefined) return undefined;
    const root = deleteNode(now.text, node);
    if (root === undefined) throw nothingThere();
    return { root };
  });
  send(response, 200, present === undefined ? {} : { ETag: present.tag }, '');
}

function checkMethod({ method = '' }: IncomingMessage, response: ServerResponse, allowed: readonly string[]): void {
  if (allowed.includes(method)) return;
  response.setHeader('Allow', allowed.join(', '));
  throw new HttpError(405, `${method} cannot be done here`);
}

/** @throws {HttpError} 412 */
function checkConditions(request: IncomingMessage, now: Present | undefined, node: NodeSelector | undefined): void {
  const isThere = now !== undefined && (node === undefined || readNode(now.text, node) !== undefined);
  if (judge(conditionsOf(request), now?.tag, isThere, false) === 'failed') throw changed();
}

function checkType({ headers }: IncomingMessage, wanted: string): void {
  const encoding = headers['content-encoding'] ?? 'identity';
  if (encoding !== 'identity') throw new HttpError(415, 'bodies are not taken compressed');
  const type = (headers['content-type'] ?? '').split(';')[0]!.trim().toLowerCase();
  if (type !== wanted) throw new HttpError(415, `the body is to be of the type ${wanted}`);
}

function conditionsOf({ headers }: IncomingMessage) {
  return { ifMatch: headers['if-match'], ifNoneMatch: headers['if-none-match'] };
}

function changed(): HttpError {
  return new HttpError(412, 'the document is not the one that was expected');
}

function nothingThere(): HttpError {
  return new HttpError(404, 'there is no such document or node');
}

function below(root: string, url: string): string {
  return url.replace(/^https?:\/\/[^/?#]*/i, '').slice(root.length);
}

function absolute({ headers }: IncomingMessage, path: string): string {
  return `https://${headers.host ?? 'localhost'}${path}`;
}

function send(response: ServerResponse, status: number, headers: Record<string, string>, body: string): void {
  response.writeHead(status, { ...headers, ...(status !== 304 && { 'Content-Length': Buffer.byteLength(body) }) });
  response.end(body);
}

/** So that a body is read once, whoever asks first. */
function once<T>(read: () => Promise<T>): () => Promise<T> {
  let reading: Promise<T> | undefined;
  return () => {
    reading ??= read();
    return reading;
  };
}
