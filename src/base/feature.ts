/** What every edge's features have in common: how they are described, and how they are switched on and off. */
import type { Settings } from './loaded-settings.ts';
import { flag, type SettingsGroup, type Shape, settingsGroup } from './settings.ts';

export interface FeatureDescription {
  /** 'XEP-0191', 'RFC 6121 §2'. */
  readonly spec: string;
  readonly title: string;
  /** Of the specification; '' for an RFC. */
  readonly version: string;
  readonly status: 'complete' | 'partial';
  /** What is left out of a partial one, or a word about a complete one. */
  readonly note?: string;
  readonly settings?: Shape;
}

/** `XEP-0191` is `xep-0191`, `RFC 6121 §2` is `rfc-6121-2`. */
export function featureId({ spec }: Pick<FeatureDescription, 'spec'>): string {
  return spec
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/-$/, '');
}

const groups = new WeakMap<FeatureDescription, SettingsGroup>();

/**
 * The settings of a feature: whether it is on, and its own.
 * @param edge the name of the edge, under which they stand in the file
 */
export function featureSettings(edge: string, feature: FeatureDescription): SettingsGroup {
  let group = groups.get(feature);
  if (group === undefined) {
    const enabled = flag({ default: true, help: `Whether ${feature.spec} (${feature.title}) is offered.` });
    const shape: Shape = { enabled, ...feature.settings };
    group = settingsGroup(`${edge}.${featureId(feature)}`, shape);
    groups.set(feature, group);
  }
  return group;
}

/** Switches features on and off, and undoes what one has registered when it goes. */
export class FeatureHost<Feature extends FeatureDescription> {
  readonly #setUp: (feature: Feature, undo: (() => void)[]) => void;
  readonly #running = new Map<Feature, (() => void)[]>();

  /** @param setUp sets one up, and leaves in `undo` what takes it back */
  constructor(
    edge: string,
    settings: Settings,
    features: readonly Feature[],
    setUp: (feature: Feature, undo: (() => void)[]) => void,
  ) {
    this.#setUp = setUp;
    for (const feature of features) {
      const group = featureSettings(edge, feature);
      const values = settings.of(group) as { enabled: boolean };
      if (values.enabled) this.#start(feature);
      settings.onChange(group, () => {
        if (values.enabled === this.#running.has(feature)) return;
        if (values.enabled) this.#start(feature);
        else this.#stop(feature);
      });
    }
  }

  /** Those that are on. */
  running(): Feature[] {
    return [...this.#running.keys()];
  }

  stop(): void {
    for (const feature of this.running()) this.#stop(feature);
  }

  #start(feature: Feature): void {
    const undo: (() => void)[] = [];
    this.#running.set(feature, undo);
    this.#setUp(feature, undo);
  }

  #stop(feature: Feature): void {
    for (const run of this.#running.get(feature)?.toReversed() ?? []) run();
    this.#running.delete(feature);
  }
}
