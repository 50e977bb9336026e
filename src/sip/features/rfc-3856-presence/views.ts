import { hash } from 'node:crypto';
import { PIDF_TYPES, type Pidf } from '../../bodies/pidf.ts';
import { writePidf } from '../../bodies/pidf-writer.ts';
import type { SipEdge } from '../../edge.ts';
import type { NotifyDocument } from '../../event-package.ts';
import type { IncomingRequest } from '../../incoming-request.ts';
import type { Subscription } from '../rfc-6665-subscribe/subscription.ts';

/** What a watcher wants to be shown of a document, and when (RFC 4660). */
export interface PidfFilter {
  /** Whether a change is to be told. */
  isNews(now: Pidf): boolean;
  /** What is told now. */
  show(now: Pidf): Pidf;
}

/** Another form of presence documents (RFC 5263). */
export interface PidfForm {
  write(pidf: Pidf): NotifyDocument;
  /** The watcher no longer has what it was sent before. */
  restart(): void;
}

/** How one watcher wants presence told. Nearly all want it as everybody does, and have no view. */
export interface PresenceView {
  filter?: PidfFilter | undefined;
  form?: PidfForm | undefined;
}

/** A feature that gives watchers other views of presence. */
export interface ViewMaker {
  /** Types of the bodies of SUBSCRIBE that ask for it. */
  readonly requestTypes?: readonly string[];
  /** Types of the documents that it makes. */
  readonly contentTypes?: readonly string[];
  /** Takes a SUBSCRIBE for presence, new or a refresh. @throws {SipError} */
  apply(view: PresenceView, subscription: Subscription, incoming: IncomingRequest): void;
}

const makers = new WeakMap<SipEdge, Set<ViewMaker>>();

export function viewMakersOf(edge: SipEdge): Set<ViewMaker> {
  let found = makers.get(edge);
  if (found === undefined) {
    found = new Set();
    makers.set(edge, found);
  }
  return found;
}

/** @returns how to take it away */
export function addViewMaker(edge: SipEdge, maker: ViewMaker): () => void {
  const all = viewMakersOf(edge).add(maker);
  return () => all.delete(maker);
}

/** The view that a SUBSCRIBE asks for; undefined: the usual one. @throws {SipError} */
export function viewFor(
  before: PresenceView | undefined,
  subscription: Subscription,
  incoming: IncomingRequest,
): PresenceView | undefined {
  const view: PresenceView = { ...before };
  for (const maker of viewMakersOf(subscription.edge)) maker.apply(view, subscription, incoming);
  return view.filter === undefined && view.form === undefined ? undefined : view;
}

export function documentIn({ filter, form }: PresenceView, pidf: Pidf): NotifyDocument {
  const shown = filter === undefined ? pidf : filter.show(pidf);
  if (form !== undefined) return form.write(shown);
  const body = writePidf(shown);
  return { contentType: PIDF_TYPES[0], body, entityTag: tagOf(body) };
}

/** What several watchers see differently is told apart by what it is. */
export function tagOf(body: string): string {
  return hash('sha1', body, 'hex').slice(0, 20);
}
