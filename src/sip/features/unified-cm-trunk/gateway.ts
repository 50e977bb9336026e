import { prepareAddress } from '#accounts/address.ts';
import { putLine, removeLine } from '#sources/phone-line.ts';
import { PIDF_TYPES, type Pidf, readPidf } from '../../bodies/pidf.ts';
import { phoneStateOf } from '../../bodies/pidf-phone.ts';
import { writePidf } from '../../bodies/pidf-writer.ts';
import type { EventPackage, NotifyDocument } from '../../event-package.ts';
import type { SubscriptionPlace } from '../../hooks.ts';
import type { IncomingRequest } from '../../incoming-request.ts';
import type { Subscriber } from '../../subscriber/subscriber.ts';
import { Subscribers } from '../../subscriber/subscribers.ts';
import { uriOf } from '../../wire/address.ts';
import { copy, writeText } from '../../wire/byte-string.ts';
import { Params } from '../../wire/header-params.ts';
import { parseUri, writeUri } from '../../wire/sip-uri.ts';
import type { Subscription } from '../rfc-6665-subscribe/subscription.ts';
import type { TrunkContext } from './feature.ts';
import { LINE_STATES } from './publish-line.ts';

const EXPIRES_SECONDS = 3600;
/** A line whose subscription is alive is told of again long before this. */
const LINE_KEPT_MS = 2 * EXPIRES_SECONDS * 1000;

/** Somebody at the call manager who is watched from here. */
interface Watched {
  readonly subscriber: Subscriber;
  readonly watchers: Set<Subscription>;
  pidf: Pidf | undefined;
  version: number;
}

/**
 * Asks the call manager for what it does not publish: the lines that are listed, and users and numbers that somebody
 * watches and who have no account here. One subscription serves all who watch the same.
 */
export class Gateway implements EventPackage {
  readonly name = 'presence';
  readonly contentTypes = PIDF_TYPES;
  readonly defaultSeconds = EXPIRES_SECONDS;
  readonly #trunk: TrunkContext;
  readonly subscribers: Subscribers;
  readonly #watched = new Map<string, Watched>();
  readonly #lines = new Map<string, Subscriber>();

  constructor(trunk: TrunkContext) {
    this.#trunk = trunk;
    this.subscribers = new Subscribers(trunk.edge);
  }

  get isOn(): boolean {
    return this.#trunk.settings.gateway !== '';
  }

  /** Subscribes to the lines that are listed, and to no others. To be called again when the settings have changed. */
  followLines(): void {
    const { lines } = this.#trunk.settings;
    const wanted = new Set(this.isOn ? lines : []);
    for (const [line, subscriber] of this.#lines) {
      if (wanted.has(line)) continue;
      subscriber.stop();
      this.#lines.delete(line);
    }
    for (const line of wanted) if (!this.#lines.has(line)) this.#lines.set(line, this.#followLine(line));
  }

  /** Takes over what asks for a number or a user that nobody here has. */
  find(place: SubscriptionPlace): void {
    const { incoming, event } = place;
    if (!place.isNobody || !this.isOn || event !== this.name || incoming.sender === undefined) return;
    if (incoming.uri.user === '') return;
    place.home = incoming.sender;
    place.eventPackage = this;
  }

  open(subscription: Subscription, { uri }: IncomingRequest, isRefresh: boolean): void {
    if (isRefresh) return;
    const user = copy(uri.user);
    subscription.data = user;
    let watched = this.#watched.get(user);
    if (watched === undefined) {
      watched = this.#watch(user);
      this.#watched.set(user, watched);
    }
    watched.watchers.add(subscription);
  }

  document(subscription: Subscription): NotifyDocument | undefined {
    const user = subscription.data as string;
    const watched = this.#watched.get(user);
    if (watched?.pidf === undefined) return undefined;
    const pidf = { ...watched.pidf, entity: subscription.init.resource };
    return { contentType: PIDF_TYPES[0], body: writePidf(pidf), entityTag: String(watched.version) };
  }

  close(subscription: Subscription): void {
    const user = subscription.data as string;
    const watched = this.#watched.get(user);
    if (watched === undefined) return;
    watched.watchers.delete(subscription);
    if (watched.watchers.size > 0) return;
    this.#watched.delete(user);
    watched.subscriber.stop();
  }

  stop(): void {
    this.subscribers.stop();
  }

  #watch(user: string): Watched {
    const tell = (pidf: Pidf | undefined): void => {
      watched.pidf = pidf;
      watched.version++;
      for (const watcher of watched.watchers) watcher.changed();
    };
    const subscriber = this.#subscribe(user, tell, () => {
      tell(undefined);
      if (!subscriber.isOver) return;
      // The call manager does not show them: so it is told to who watches.
      for (const watcher of [...watched.watchers]) watcher.terminate('noresource');
    });
    const watched: Watched = {
      subscriber,
      watchers: new Set(),
      pidf: undefined,
      version: this.#trunk.edge.clock.now(),
    };
    return watched;
  }

  #followLine(line: string): Subscriber {
    const equals = line.indexOf('=');
    const number = writeText(line.slice(0, equals).trim());
    const address = line.slice(equals + 1).trim();
    return this.#subscribe(
      number,
      (pidf) => void this.#putLine(address, number, pidf),
      () => void this.#putLine(address, number, undefined),
    );
  }

  async #putLine(address: string, number: string, pidf: Pidf | undefined): Promise<void> {
    const { homes, clock, log } = this.#trunk.edge;
    try {
      const home = await homes.load(prepareAddress(address));
      if (home === undefined) return;
      const line = `gateway-${number}`;
      if (pidf === undefined) {
        removeLine(home, line);
        return;
      }
      const { line: state, doNotDisturb } = phoneStateOf(pidf);
      putLine(home, { line, state: LINE_STATES[state], doNotDisturb, tag: '', expiresAt: clock.now() + LINE_KEPT_MS });
    } catch (err) {
      log.warn({ err, account: address }, 'what the call manager says of a line could not be taken over');
    }
  }

  #subscribe(user: string, tell: (pidf: Pidf) => void, onLost: () => void): Subscriber {
    const { edge, settings } = this.#trunk;
    const gateway = parseUri(settings.gateway);
    return this.subscribers.begin({
      target: writeUri({ ...gateway, user, params: Params.none, headers: '' }),
      via: settings.gateway,
      from: uriOf(edge.domain),
      event: this.name,
      accept: PIDF_TYPES.join(', '),
      expiresSeconds: EXPIRES_SECONDS,
      onDocument: (body) => tell(readPidf(body)),
      onLost,
    });
  }
}
