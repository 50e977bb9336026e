import type { Home } from '#accounts/home.ts';
import type { Hooks } from '#base/hook.ts';
import type { Element } from '#xml/element.ts';
import type { FeatureContext, IqHandler, IqPlace, XmppFeature } from '#xmpp/feature.ts';
import type { RecordingSession } from './recording-session.ts';

/** Switches one feature on without an edge, and hands it IQ requests. */
export class FeatureHost {
  readonly streamFeatures: Element[] = [];
  #handlers = new Map<string, IqHandler>();

  constructor(feature: XmppFeature, hooks: Hooks) {
    const put = (type: string) => (place: IqPlace, handler: IqHandler) =>
      void this.#handlers.set(`${type} ${place.ns} ${place.name}`, handler);
    const context: Partial<FeatureContext> = {
      onIqGet: put('get'),
      onIqSet: put('set'),
      on: (at, phase, run) => void hooks.on(at, phase, run),
      streamFeature: (_when, make) => void this.streamFeatures.push(make(undefined as never)!),
      onStop: () => {},
    };
    feature.setup(context as FeatureContext);
  }

  /** Asks as a session would. @param home the account addressed; default the session's own */
  async ask(
    session: RecordingSession,
    type: 'get' | 'set',
    payload: Element,
    home: Home = session.home,
  ): Promise<Element | undefined> {
    const handler = this.#handlers.get(`${type} ${payload.ns} ${payload.name}`)!;
    const isOwner = home === session.home;
    const iq = { stanza: payload, payload, from: session.jid, to: undefined, session: session.session, home, isOwner };
    return handler(iq);
  }
}
