/** Documents and their nodes over HTTP: read, put, deleted (RFC 4825 §7, §8). */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Home } from '#accounts/home.ts';
import { HttpError } from '#base/http-routes.ts';
import type { Element } from '#xml/element.ts';
import { readUtf8, readWhole } from '../../xcap/fragment.ts';
import { judge } from '../../xcap/preconditions.ts';
import type { NodeSelector } from '../../xcap/selector.ts';
import { noParent, type XcapError } from '../../xcap/xcap-error.ts';
import type { XcapUri } from '../../xcap/xcap-uri.ts';
import { changeDocument, type Present, readPresent } from './documents.ts';
import { deleteNode, isReadOnly, nodeType, putNode, readNode, readNodeSelector } from './nodes.ts';
import type { ApplicationUsage } from './usage.ts';
import { constraint } from './validation.ts';
import { XCAP_ROOT } from './xcap-root.ts';

/** A request for a document of the one who asks, or a node of it. */
export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly readBody: () => Promise<Buffer>;
  readonly uri: XcapUri;
  readonly home: Home;
  readonly usage: ApplicationUsage;
}

export const READING = ['GET', 'HEAD'];
/** Characters of a document that takes milliseconds to read. */
const LONG = 10_000;
const METHODS = ['GET', 'HEAD', 'PUT', 'DELETE'];

/** @throws {HttpError} {XcapError} {SelectorError} */
export async function serveDocument(exchange: Exchange, maxBytes: number): Promise<void> {
  const { request, response, uri, home, usage } = exchange;
  checkMethod(request, response, isReadOnly(uri, usage) ? READING : METHODS);
  const isThere = uri.path.length === 1 && uri.path[0] === usage.documentName;
  if (request.method === 'PUT') {
    if (!isThere) throw elsewhere(exchange);
    await put(exchange, maxBytes);
    return;
  }
  if (!isThere) throw nothingThere();
  if (request.method === 'DELETE') {
    await remove(exchange, maxBytes);
    return;
  }
  const present = await readPresent(home, usage);
  readFrom(request, response, uri, present, usage.contentType, usage.namespace);
}

/** An account has one document of each usage. §8.2.1: what is below a folder that is not there has no parent. */
function elsewhere({ request, uri, usage }: Exchange): XcapError {
  if (uri.path.length === 1) return constraint(`${usage.auid} has one document, ${usage.documentName}`);
  const folder = uri.documentUri.split('/').slice(0, 4).join('/');
  return noParent('there is no such folder', absolute(request, `${XCAP_ROOT}${folder}`));
}

/** Answers a GET. @param present undefined where there is no document */
export function readFrom(
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

async function put(exchange: Exchange, maxBytes: number): Promise<void> {
  const { request, response, readBody, uri, home, usage } = exchange;
  const node = uri.selector === undefined ? undefined : readNodeSelector(uri, usage.namespace);
  checkType(request, node === undefined ? usage.contentType : nodeType(node));
  const text = readUtf8(await readBody());
  const whole = node === undefined ? readLater(text) : undefined;
  // A long one is read in one turn of the event loop, and compared with what there is in another.
  if (text.length > LONG) await nextTurn();
  let isNew = false;
  const present = await changeDocument(home, usage, maxBytes, (now) => {
    checkConditions(request, now, node);
    if (node === undefined) {
      isNew = now === undefined;
      return { root: whole!(), text };
    }
    const document = `${XCAP_ROOT}${uri.documentUri}`;
    const edited = putNode(now?.text, node, text, (path) => absolute(request, `${document}${path}`));
    isNew = edited.isNew;
    return edited;
  });
  send(response, isNew ? 201 : 200, present === undefined ? {} : { ETag: present.tag }, '');
}

/** Reads a document now; what is wrong with it is said when it is asked for, after what is wrong with the request. */
function readLater(text: string): () => Element {
  try {
    const { root } = readWhole(text);
    return () => root;
  } catch (error) {
    return () => {
      throw error;
    };
  }
}

async function remove(exchange: Exchange, maxBytes: number): Promise<void> {
  const { request, response, uri, home, usage } = exchange;
  const node = uri.selector === undefined ? undefined : readNodeSelector(uri, usage.namespace);
  const present = await changeDocument(home, usage, maxBytes, (now) => {
    checkConditions(request, now, node);
    if (now === undefined) throw nothingThere();
    if (node === undefined) return undefined;
    const root = deleteNode(now.text, node);
    if (root === undefined) throw nothingThere();
    return { root };
  });
  send(response, 200, present === undefined ? {} : { ETag: present.tag }, '');
}

/** @throws {HttpError} 405 */
export function checkMethod(
  { method = '' }: IncomingMessage,
  response: ServerResponse,
  allowed: readonly string[],
): void {
  if (allowed.includes(method)) return;
  response.setHeader('Allow', allowed.join(', '));
  throw new HttpError(405, `${method} cannot be done here`);
}

/** @throws {HttpError} 412 */
function checkConditions(request: IncomingMessage, now: Present | undefined, node: NodeSelector | undefined): void {
  const conditions = conditionsOf(request);
  if (conditions.ifMatch === undefined && conditions.ifNoneMatch === undefined) return;
  const isThere = now !== undefined && (node === undefined || readNode(now.text, node) !== undefined);
  if (judge(conditions, now?.tag, isThere, false) === 'failed') throw changed();
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

export function nothingThere(): HttpError {
  return new HttpError(404, 'there is no such document or node');
}

/** An absolute URI of something on this server, under the name that the client has for it. */
export function absolute({ headers }: IncomingMessage, path: string): string {
  return `https://${headers.host ?? 'localhost'}${path}`;
}

export function send(response: ServerResponse, status: number, headers: Record<string, string>, body: string): void {
  response.writeHead(status, { ...headers, ...(status !== 304 && { 'Content-Length': Buffer.byteLength(body) }) });
  response.end(body);
}
