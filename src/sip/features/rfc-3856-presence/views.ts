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

/** The filters of a subscription, which may be to several resources (RFC 4662). */
export interface PidfFilters {
  /** A new one for a resource, by its URI; undefined: it is shown as it is. */
  for(uri: string): PidfFilter | undefined;
}

/** Another form of presence documents (RFC 5263). */
export interface PidfForm {
  write(pidf: Pidf): NotifyDocument;
  /** The watcher no longer has what it was sent before. */
  restart(): void;
}

/** How one watcher wants presence told. Nearly all want it as everybody does, and have no view. */
export interface PresenceView {
  filters?: PidfFilters | undefined;
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
  if (view.form === undefined || view.form === oldName) view.form = takesOldName(subscription) ? oldName : undefined;
  return view.filters === undefined && view.form === undefined ? undefined : view;
}

/** PIDF as it was called while it was a draft, for who takes no other. */
const oldName: PidfForm = {
  write(pidf) {
    const body = writePidf(pidf);
    return { contentType: PIDF_TYPES[1], body, entityTag: tagOf(body) };
  },
  restart() {},
};

function takesOldName(subscription: Subscription): boolean {
  if (subscription.accept === '') return false;
  return !subscription.accepts(PIDF_TYPES[0]) && subscription.accepts(PIDF_TYPES[1]);
}

/** A document for one watcher alone. */
export function documentFor(pidf: Pidf, filter: PidfFilter | undefined, form: PidfForm | undefined): NotifyDocument {
  const shown = filter === undefined ? pidf : filter.show(pidf);
  if (form !== undefined) return form.write(shown);
  const body = writePidf(shown);
  return { contentType: PIDF_TYPES[0], body, entityTag: tagOf(body) };
}

/** What several watchers see differently is told apart by what it is. */
export function tagOf(body: string): string {
  return hash('sha1', body, 'hex').slice(0, 20);
}
