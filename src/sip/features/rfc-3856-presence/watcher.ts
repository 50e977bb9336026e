import type { Verdict } from '#presence/rules/judging.ts';
import type { Portion } from '#presence/rules/portion.ts';
import { portionFor } from '#presence/rules/rulebook.ts';
import type { Watcher, WatcherFacts } from '#presence/watcher.ts';
import { mayWatch, watch } from '#presence/watching.ts';
import type { NotifyDocument } from '../../event-package.ts';
import type { Subscription } from '../rfc-6665-subscribe/subscription.ts';
import { callManagerDocument, presenceDocument, presencePidf } from './document.ts';
import { documentFor, type PidfFilter, type PresenceView } from './views.ts';

/** One who watches an account by a subscription. There may be a hundred thousand, so it holds little. */
export class PresenceWatcher implements Watcher {
  readonly subscription: Subscription;
  /** Undefined: it is told what everybody is told, in the documents that they share. */
  #view: PresenceView | undefined;
  #filter: PidfFilter | undefined;
  #stop: (() => void) | undefined;

  constructor(subscription: Subscription, view: PresenceView | undefined) {
    this.subscription = subscription;
    this.view = view;
    this.#stop = watch(subscription.home, this);
  }

  get view(): PresenceView | undefined {
    return this.#view;
  }

  /** Filters that stay the same go on from what they have seen. */
  set view(view: PresenceView | undefined) {
    if (view?.filters !== this.#view?.filters) this.#filter = view?.filters?.for(this.subscription.init.resource);
    this.#view = view;
  }

  get address(): string {
    return this.subscription.watcher;
  }

  describe(): WatcherFacts {
    const { init, expiresAt } = this.subscription;
    return { edge: 'sip', since: init.at, expiresAt, userAgent: init.userAgent };
  }

  changed(): void {
    const { subscription } = this;
    if (this.#filter !== undefined && !this.#filter.isNews(this.#pidf(verdictOn(subscription)))) return;
    subscription.changed();
  }

  document(): NotifyDocument | undefined {
    const { subscription } = this;
    const { home, init } = subscription;
    if (init.trust !== undefined) return callManagerDocument(home, init.resource);
    const verdict = verdictOn(subscription);
    if (verdict === 'pending') return undefined;
    if (this.#view !== undefined) return documentFor(this.#pidf(verdict), this.#filter, this.#view.form);
    return presenceDocument(home, init.resource, this.#shown(verdict));
  }

  #shown(verdict: Verdict): Portion | 'nothing' | undefined {
    const { home, init } = this.subscription;
    if (verdict !== 'allowed') return 'nothing';
    return init.trust === undefined ? portionFor(home, init.watcher) : undefined;
  }

  stop(): void {
    this.#stop?.();
    this.#stop = undefined;
  }

  #pidf(verdict: Verdict) {
    const { home, init } = this.subscription;
    return presencePidf(home, init.resource, this.#shown(verdict));
  }
}

/** A peer that is vouched for, such as a call manager, watches for its own users, and answers for them. */
export function verdictOn({ home, init }: Subscription): Verdict {
  return init.trust === undefined ? mayWatch(home, init.watcher) : 'allowed';
}
