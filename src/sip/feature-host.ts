import { FeatureHost, featureSettings } from '#base/feature.ts';
import type { SipEdge } from './edge.ts';
import type { SipFeature, SipFeatureContext } from './feature.ts';

/** The features of a SIP edge, set up. */
export function hostFeatures(edge: SipEdge, features: readonly SipFeature[]): FeatureHost<SipFeature> {
  return new FeatureHost('sip', edge.settings, features, (feature, undo) =>
    feature.setup(context(edge, feature, undo)),
  );
}

function context(edge: SipEdge, feature: SipFeature, undo: (() => void)[]): SipFeatureContext {
  const register = <V>(table: Map<string, V>, key: string, value: V): void => {
    if (table.has(key)) throw new Error(`${feature.spec}: ${key} has a handler already`);
    table.set(key, value);
    undo.push(() => table.delete(key));
  };
  return {
    edge,
    settings: edge.settings.of(featureSettings('sip', feature)) as SipFeatureContext['settings'],
    onMethod: (place, handler) => register(edge.methods, place.method, { place, handler }),
    onOtherwise(handler) {
      if (edge.otherwise !== undefined) throw new Error(`${feature.spec}: other requests have a handler already`);
      edge.otherwise = handler;
      undo.push(() => {
        edge.otherwise = undefined;
      });
    },
    eventPackage: (eventPackage) => register(edge.eventPackages, eventPackage.name, eventPackage),
    optionTag: (tag) => register(edge.optionTags, tag, feature.spec),
    on: (at, phase, run) => undo.push(edge.homes.hooks.on(at, phase, run)),
    onStop: (run) => undo.push(run),
  };
}
