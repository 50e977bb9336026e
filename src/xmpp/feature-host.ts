import { FeatureHost, featureSettings } from '#base/feature.ts';
import type { XmppEdge } from './edge.ts';
import type { FeatureContext, IqHandler, IqPlace, XmppFeature } from './feature.ts';
import { type IqTable, iqKey } from './iq.ts';

/** The features of an XMPP edge, set up. */
export function hostFeatures(edge: XmppEdge, features: readonly XmppFeature[]): FeatureHost<XmppFeature> {
  return new FeatureHost('xmpp', edge.settings, features, (feature, undo) =>
    feature.setup(context(edge, feature, undo)),
  );
}

function context(edge: XmppEdge, feature: XmppFeature, undo: (() => void)[]): FeatureContext {
  const register = <V>(table: Map<string, V>, { ns, name }: { ns: string; name: string }, value: V): void => {
    const key = iqKey(ns, name);
    if (table.has(key)) throw new Error(`${feature.spec}: {${ns}}${name} has a handler already`);
    table.set(key, value);
    undo.push(() => table.delete(key));
  };
  const onIq = (table: IqTable) => (place: IqPlace, handler: IqHandler) => register(table, place, { place, handler });
  return {
    edge,
    settings: edge.settings.of(featureSettings('xmpp', feature)) as FeatureContext['settings'],
    onIqGet: onIq(edge.iqGet),
    onIqSet: onIq(edge.iqSet),
    onElement: (place, handler) => register(edge.elements, place, handler),
    onElementBeforeBind: (place, handler) => register(edge.bindElements, place, handler),
    on: (at, phase, run) => undo.push(edge.homes.hooks.on(at, phase, run)),
    streamFeature(when, make) {
      const maker = { when, make };
      edge.featureMakers.push(maker);
      undo.push(() => edge.featureMakers.splice(edge.featureMakers.indexOf(maker), 1));
    },
    onStop: (run) => undo.push(run),
  };
}
