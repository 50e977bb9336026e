/**
 * RFC 5875: An XCAP Diff Event Package.
 * Tells a client when its documents at the XCAP server have changed, whoever has changed them.
 */
import { type Home, homePart } from '#accounts/home.ts';
import { text } from '#base/settings.ts';
import { blockListChanged, contactChanged } from '#contacts/hooks.ts';
import { NS_RESOURCE_LISTS } from '../../bodies/namespaces.ts';
import { RESOURCE_LISTS_TYPE } from '../../bodies/resource-lists.ts';
import { writeXcapDiff, XCAP_DIFF_TYPE } from '../../bodies/xcap-diff.ts';
import { readXml } from '../../bodies/xml-body.ts';
import type { EventPackage, NotifyDocument } from '../../event-package.ts';
import { type SipFeatureContext, sipFeature } from '../../feature.ts';
import type { IncomingRequest } from '../../incoming-request.ts';
import { writeText } from '../../wire/byte-string.ts';
import { SipError } from '../../wire/sip-error.ts';
import { documentChanged } from '../rfc-4825-xcap/hooks.ts';
import { usages } from '../rfc-4825-xcap/usages.ts';
import { XCAP_ROOT } from '../rfc-4825-xcap/xcap-root.ts';
import type { Subscription } from '../rfc-6665-subscribe/subscription.ts';
import { allPlaces, look, nextChanges, ownPlaces, type Watched } from './watched.ts';

const settings = {
  rootUri: text({
    default: '',
    pattern: /^(https:\/\/.+\/)?$/,
    expects: 'an https URI with a slash at its end, or nothing',
    help: 'The XCAP root as clients reach it, where that is not https://DOMAIN:PORT/xcap-root/ with the port of the server.',
  }),
};

/** The home of whoever subscribes stays loaded: changes are told of it, and of no other one of the same account. */
const subscriptionsTo = homePart<Set<Subscription>>({
  load: () => new Set(),
  busy: (subscriptions) => subscriptions.size > 0,
});

type Context = SipFeatureContext<typeof settings>;

export const xcapDiff = sipFeature({
  spec: 'RFC 5875',
  title: 'XCAP Diff Event Package',
  version: '',
  status: 'partial',
  note: 'Documents of the subscriber by their entity-tags, elements and attributes by what they are (RFC 5874); no patches.',
  settings,
  setup(sip) {
    const watching = new XcapDiffPackage(sip);
    sip.eventPackage(watching);
    sip.on(contactChanged, 'observe', ({ home }) => watching.changed(home));
    sip.on(blockListChanged, 'push', ({ home }) => watching.changed(home));
    sip.on(documentChanged, 'tell', ({ home }) => watching.changed(home));
  },
});

class XcapDiffPackage implements EventPackage {
  readonly name = 'xcap-diff';
  readonly contentTypes = [XCAP_DIFF_TYPE];
  readonly requestTypes = [RESOURCE_LISTS_TYPE];
  readonly defaultSeconds = 3600;
  readonly #sip: Context;
  /** Homes whose documents are being looked at; true: they have changed since. */
  readonly #looking = new Map<Home, boolean>();

  constructor(sip: Context) {
    this.#sip = sip;
  }

  /** @throws {SipError} 403 for documents of others, 400 */
  async open(subscription: Subscription, incoming: IncomingRequest, isRefresh: boolean): Promise<void> {
    const { home, watcher } = subscription;
    if (watcher !== home.address || subscription.init.trust !== undefined) {
      throw new SipError(403, 'Documents are for their owner alone');
    }
    const { body } = incoming.request;
    const before = subscription.data as Watched | undefined;
    const places = body === '' ? (before?.places ?? allPlaces(home, usages)) : ownPlaces(readAsked(body), home, usages);
    const watched: Watched = { places, now: new Map(), told: new Map() };
    await look(home, watched);
    subscription.data = watched;
    if (isRefresh) return;
    subscriptionsTo.of(home).add(subscription);
  }

  document(subscription: Subscription): NotifyDocument | undefined {
    const watched = subscription.data as Watched | undefined;
    if (watched === undefined) return undefined;
    const body = writeXcapDiff({ root: writeText(this.#root), changes: nextChanges(watched) });
    return { contentType: XCAP_DIFF_TYPE, body, entityTag: '' };
  }

  close(subscription: Subscription): void {
    subscriptionsTo.of(subscription.home).delete(subscription);
  }

  /** A hundred contacts that come at once are looked at once. */
  changed(home: Home): void {
    if (subscriptionsTo.of(home).size === 0) return;
    if (this.#looking.has(home)) this.#looking.set(home, true);
    else void this.#look(home);
  }

  async #look(home: Home): Promise<void> {
    try {
      do {
        this.#looking.set(home, false);
        // What is still to be changed in this turn is one change with it.
        await new Promise((resolve) => setImmediate(resolve));
        for (const subscription of [...subscriptionsTo.of(home)]) {
          if (await look(home, subscription.data as Watched)) subscription.changed();
        }
      } while (this.#looking.get(home));
    } catch (err) {
      this.#sip.edge.log.warn({ err, account: home.address }, 'documents could not be compared');
    } finally {
      this.#looking.delete(home);
    }
  }

  get #root(): string {
    const { rootUri } = this.#sip.settings;
    const { domain, https } = this.#sip.edge;
    return rootUri === '' ? `https://${domain}:${https.port}${XCAP_ROOT}/` : rootUri;
  }
}

/** RFC 5875 §4.4: URIs in resource lists, relative to the XCAP root. @throws {SipError} 400 */
function readAsked(body: string): string[] {
  const root = readXml(body, 'resource lists', 'resource-lists', NS_RESOURCE_LISTS);
  const lists = root.elements().filter((list) => list.is('list', NS_RESOURCE_LISTS));
  return lists.flatMap((list) => {
    const entries = list.elements().filter((entry) => entry.is('entry', NS_RESOURCE_LISTS));
    return entries.map((entry) => entry.attribute('uri') ?? '');
  });
}
