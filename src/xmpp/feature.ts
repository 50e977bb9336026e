import type { Home } from '#accounts/home.ts';
import type { FeatureDescription } from '#base/feature.ts';
import type { Handler, Hook } from '#base/hook.ts';
import type { Shape, Values } from '#base/settings.ts';
import type { Element } from '#xml/element.ts';
import type { XmppEdge } from './edge.ts';
import type { Session } from './session.ts';
import type { ClientStream } from './stream/client-stream.ts';
import type { Jid } from './wire/jid.ts';

/** An IQ request (RFC 6120 §8.2.3) that has reached its one handler. */
export interface IqRequest {
  readonly stanza: Element;
  /** The one child of the stanza. */
  readonly payload: Element;
  readonly from: Jid;
  /** As it was addressed; undefined: to the sender's own account. */
  readonly to: Jid | undefined;
  /** The sender's session. */
  readonly session: Session;
  /** The account addressed; for a request to the server itself, the sender's own. */
  readonly home: Home;
  /** Whether the account is the sender's own. */
  readonly isOwner: boolean;
}

/**
 * What is returned is the payload of the result; undefined makes an empty one. To be answered with an error, throw a
 * `StanzaError` or a `Failure`. Later stanzas of the session wait until a promise is settled.
 */
export type IqHandler = (iq: IqRequest) => Element | undefined | Promise<Element | undefined>;

export interface IqPlace {
  ns: string;
  name: string;
  /** Whose business it is: the account's (the default), the server's, or both. */
  at?: 'account' | 'server' | 'both';
  /** Who may ask an account: its owner alone (the default), those who may see its presence, or anyone. */
  by?: 'owner' | 'subscribed' | 'anyone';
  /**
   * What is answered for an account that does not exist or may not be asked, which have to look the same; may throw.
   * Without it: service-unavailable.
   */
  otherwise?: (payload: Element) => Element;
}

/** What a feature can do to the edge. All of it is undone by itself when the feature is switched off. */
export interface FeatureContext<S extends Shape = Shape> {
  readonly edge: XmppEdge;
  /** The feature's own settings, always up to date. */
  readonly settings: Readonly<Values<S>>;
  onIqGet(place: IqPlace, handler: IqHandler): void;
  onIqSet(place: IqPlace, handler: IqHandler): void;
  /** An element below the stream that is no stanza (XEP-0198, XEP-0352), from a signed-in client. */
  onElement(place: { ns: string; name: string }, handler: (session: Session, element: Element) => void): void;
  /** The same before a resource is bound: XEP-0198 resumes a session in the place of binding one. */
  onElementBeforeBind(
    place: { ns: string; name: string },
    handler: (stream: ClientStream, element: Element) => void | Promise<void>,
  ): void;
  on<Context, Phase extends string>(at: Hook<Context, Phase>, phase: NoInfer<Phase>, run: Handler<Context>): void;
  /** An element of `<stream:features/>`, when there is one to show to that stream. */
  streamFeature(when: 'before-sign-in' | 'after-sign-in', make: (stream: ClientStream) => Element | undefined): void;
  /** What is to be done when the feature is switched off or the server stops. */
  onStop(run: () => void): void;
}

export interface XmppFeature<S extends Shape = Shape> extends FeatureDescription {
  /** Announced by service discovery for the server and for each account. */
  disco?: readonly string[];
  /** Announced for one of them only. */
  discoServer?: readonly string[];
  discoAccount?: readonly string[];
  /** Its settings stand in the file under `xmpp` and the number: `xmpp.xep-0191`. */
  settings?: S;
  setup(xmpp: FeatureContext<S>): void;
}

export function xmppFeature<const S extends Shape = Record<never, never>>(feature: XmppFeature<S>): XmppFeature<S> {
  return feature;
}
