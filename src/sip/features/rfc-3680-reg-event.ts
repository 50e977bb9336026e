/**
 * RFC 3680: A SIP Event Package for Registrations.
 * Tells an account's own clients, and call managers, what is registered for it.
 */
import { hash } from 'node:crypto';
import type { Home } from '#accounts/home.ts';
import type { Binding } from '../bindings.ts';
import { bindingsPart } from '../bindings.ts';
import { REGINFO_TYPE, type RegisteredContact, writeReginfo } from '../bodies/reginfo.ts';
import type { EventPackage, NotifyDocument } from '../event-package.ts';
import { sipFeature } from '../feature.ts';
import { bindingRegistered, bindingRemoved } from '../hooks.ts';
import { uriOf } from '../wire/address.ts';
import { SipError } from '../wire/sip-error.ts';
import type { Subscription } from './rfc-6665-subscribe/subscription.ts';

export const regEvent = sipFeature({
  spec: 'RFC 3680',
  title: 'Registration Event Package',
  version: '',
  status: 'partial',
  note: 'Full documents. That a registration was refreshed, and nothing else of it is new, is not told.',
  setup(sip) {
    const registrations = new RegistrationPackage();
    sip.eventPackage(registrations);
    sip.on(bindingRegistered, 'observe', ({ home }) => registrations.changed(home));
    sip.on(bindingRemoved, 'observe', ({ home }) => registrations.changed(home));
  },
});

interface Watching {
  version: number;
  /** Those that the watcher has been told of. */
  told: ReadonlyMap<string, Binding>;
}

class RegistrationPackage implements EventPackage {
  readonly name = 'reg';
  readonly contentTypes = [REGINFO_TYPE];
  /** §4.3 has a little more than an hour: a registration's. */
  readonly defaultSeconds = 3761;
  /** §4.10. */
  readonly gatherMs = 5000;
  readonly #subscriptions = new Map<Home, Set<Subscription>>();

  /** @throws {SipError} 403: §4.6 */
  open(subscription: Subscription, _incoming: unknown, isRefresh: boolean): void {
    const { home, watcher, init } = subscription;
    if (init.trust === undefined && watcher !== home.address) throw new SipError(403, 'Not Your Registration');
    if (isRefresh) return;
    subscription.data = { version: 0, told: new Map() } satisfies Watching;
    const others = this.#subscriptions.get(home) ?? new Set();
    this.#subscriptions.set(home, others.add(subscription));
  }

  isNews({ data, home }: Subscription): boolean {
    const { told } = data as Watching;
    const { all } = bindingsPart.of(home);
    return told.size !== all.size || [...all].some(([id, binding]) => told.get(id) !== binding);
  }

  document({ data, home, edge }: Subscription): NotifyDocument {
    const watching = data as Watching;
    const { all } = bindingsPart.of(home);
    const now = edge.clock.now();
    const gone = [...watching.told].filter(([id, binding]) => all.get(id) !== binding).map(([, binding]) => binding);
    watching.told = new Map(all);
    const contacts = [
      ...[...all.values()].map((binding) => activeContact(binding, now)),
      ...gone.map((binding) => goneContact(binding, now)),
    ];
    const state = all.size > 0 ? 'active' : gone.length > 0 ? 'terminated' : 'init';
    const registration = { addressOfRecord: uriOf(home.address), id: `a${home.account.id}`, state, contacts } as const;
    const body = writeReginfo({ version: watching.version++, isFull: true, registrations: [registration] });
    return { contentType: REGINFO_TYPE, body, entityTag: '' };
  }

  lost({ data }: Subscription): void {
    (data as Watching).told = new Map();
  }

  close(subscription: Subscription): void {
    const others = this.#subscriptions.get(subscription.home);
    others?.delete(subscription);
    if (others?.size === 0) this.#subscriptions.delete(subscription.home);
  }

  changed(home: Home): void {
    for (const subscription of this.#subscriptions.get(home) ?? []) subscription.changed();
  }
}

function activeContact(binding: Binding, now: number): RegisteredContact {
  const { expiresAt, registeredAt, q } = binding.said;
  return {
    ...contactOf(binding),
    state: 'active',
    event: 'registered',
    expiresSeconds: Math.max(0, Math.ceil((expiresAt - now) / 1000)),
    durationSeconds: Math.max(0, Math.floor((now - registeredAt) / 1000)),
    q: q / 1000,
  };
}

function goneContact(binding: Binding, now: number): RegisteredContact {
  return {
    ...contactOf(binding),
    state: 'terminated',
    event: binding.said.expiresAt <= now ? 'expired' : 'unregistered',
  };
}

/** §5.2: an id that says nothing, and stays. */
function contactOf({ said: { id, uri, callId, cseq } }: Binding) {
  return { id: hash('sha1', id, 'hex').slice(0, 20), uri, callId, cseq };
}
