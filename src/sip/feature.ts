import type { FeatureDescription } from '#base/feature.ts';
import type { Handler, Hook } from '#base/hook.ts';
import type { Shape, Values } from '#base/settings.ts';
import type { SipEdge } from './edge.ts';
import type { EventPackage } from './event-package.ts';
import type { IncomingRequest } from './incoming-request.ts';

/**
 * Answers with `incoming.respond`, now or later. What it throws (a `SipError`, a `Failure`) becomes the answer.
 */
export type RequestHandler = (incoming: IncomingRequest) => void | Promise<void>;

export interface MethodPlace {
  /** 'MESSAGE' */
  readonly method: string;
  /**
   * Who may send it: one who proves an account, by WWW-Authenticate (a registrar) or Proxy-Authenticate (the default), or
   * anyone. Peers that a feature vouches for (`requestArrived`) need not prove anything.
   */
  readonly authenticate?: 'registrar' | 'proxy' | 'none';
}

/** What a feature can do to the edge. All of it is undone by itself when the feature is switched off. */
export interface SipFeatureContext<S extends Shape = Shape> {
  readonly edge: SipEdge;
  /** The feature's own settings, always up to date. */
  readonly settings: Readonly<Values<S>>;
  /** Requests of a method that are for the server itself or for an account of ours. One handler each. */
  onMethod(place: MethodPlace, handler: RequestHandler): void;
  /** All requests that no method handler takes: those that are passed on (RFC 3261 §16). One handler. */
  onOtherwise(handler: RequestHandler): void;
  /** An event package, for `Event` headers of its name (RFC 6665 §7.2). */
  eventPackage(eventPackage: EventPackage): void;
  /** An option tag that requests may require (RFC 3261 §20.32), announced in Supported. */
  optionTag(tag: string): void;
  on<Context, Phase extends string>(at: Hook<Context, Phase>, phase: NoInfer<Phase>, run: Handler<Context>): void;
  /** What is to be done when the feature is switched off or the server stops. */
  onStop(run: () => void): void;
}

/** Its settings stand in the file under `sip` and the number: `sip.rfc-3903`. */
export interface SipFeature<S extends Shape = Shape> extends FeatureDescription {
  readonly settings?: S;
  setup(sip: SipFeatureContext<S>): void;
}

export function sipFeature<const S extends Shape = Record<never, never>>(feature: SipFeature<S>): SipFeature<S> {
  return feature;
}
