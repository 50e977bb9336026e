import { flag, type SettingsGroup, type Shape, settingsGroup } from '#base/settings.ts';
import type { XmppEdge } from './edge.ts';
import type { FeatureContext, IqHandler, IqPlace, XmppFeature } from './feature.ts';
import { type IqTable, iqKey } from './iq.ts';

/** `XEP-0191` is `xep-0191`, `RFC 6121 §2` is `rfc-6121-2`. */
export function featureId({ spec }: Pick<XmppFeature, 'spec'>): string {
  return spec
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/-$/, '');
}

const groups = new WeakMap<XmppFeature, SettingsGroup>();

/** The settings of a feature: whether it is on, and its own. */
export function featureSettings(feature: XmppFeature): SettingsGroup {
  let group = groups.get(feature);
  if (group === undefined) {
    const enabled = flag({ default: true, help: `Whether ${feature.spec} (${feature.title}) is offered.` });
    const shape: Shape = { enabled, ...(feature.settings as Shape | undefined) };
    group = settingsGroup(`xmpp.${featureId(feature)}`, shape);
    groups.set(feature, group);
  }
  return group;
}

/** Switches features on and off, and undoes what one has registered when it goes. */
export class FeatureHost {
  #edge: XmppEdge;
  #running = new Map<XmppFeature, (() => void)[]>();

  constructor(edge: XmppEdge, features: readonly XmppFeature[]) {
    this.#edge = edge;
    for (const feature of features) {
      const group = featureSettings(feature);
      const settings = edge.settings.of(group) as { enabled: boolean };
      if (settings.enabled) this.#start(feature);
      edge.settings.onChange(group, () => {
        if (settings.enabled === this.#running.has(feature)) return;
        if (settings.enabled) this.#start(feature);
        else this.#stop(feature);
      });
    }
  }

  /** Those that are on. */
  running(): XmppFeature[] {
    return [...this.#running.keys()];
  }

  stop(): void {
    for (const feature of this.running()) this.#stop(feature);
  }

  #start(feature: XmppFeature): void {
    const undo: (() => void)[] = [];
    this.#running.set(feature, undo);
    feature.setup(this.#context(feature, undo));
  }

  #stop(feature: XmppFeature): void {
    for (const run of this.#running.get(feature)?.toReversed() ?? []) run();
    this.#running.delete(feature);
  }

  #context(feature: XmppFeature, undo: (() => void)[]): FeatureContext {
    const edge = this.#edge;
    const register = <V>(table: Map<string, V>, { ns, name }: { ns: string; name: string }, value: V): void => {
      const key = iqKey(ns, name);
      if (table.has(key)) throw new Error(`${feature.spec}: {${ns}}${name} has a handler already`);
      table.set(key, value);
      undo.push(() => table.delete(key));
    };
    const onIq = (table: IqTable) => (place: IqPlace, handler: IqHandler) => register(table, place, { place, handler });
    return {
      edge,
      settings: edge.settings.of(featureSettings(feature)) as FeatureContext['settings'],
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
}
