/**
 * RFC 4662: Event Notification Extension for Resource Lists.
 * One subscription for the presence of many: an account's own contact list as `sip:NAME-list@domain`, the lists that it
 * has given URIs over XCAP (RFC 4826), and lists that a SUBSCRIBE brings along (RFC 5367).
 */
import { accountAdded, accountDisabled, accountEnabled, accountRemoved } from '#accounts/hooks.ts';
import { duration, integer, text, type Values } from '#base/settings.ts';
import { contactChanged } from '#contacts/hooks.ts';
import { onAuthorizationChange, watchersOf } from '#presence/watching.ts';
import { type SipFeatureContext, sipFeature } from '../../feature.ts';
import { type SubscriptionPlace, subscriptionArriving } from '../../hooks.ts';
import { uriOf } from '../../wire/address.ts';
import { SipError } from '../../wire/sip-error.ts';
import { documentChanged } from '../rfc-4825-xcap/hooks.ts';
import { ListEntry } from './entry.ts';
import { ListPackage } from './list-package.ts';
import { contactList, serviceList } from './members.ts';

const settings = {
  serviceName: text({
    default: 'rls',
    pattern: /^[^@\s]{1,64}$/,
    expects: 'a name without @',
    help: 'SUBSCRIBE requests to this name bring their list along (RFC 5367), where no account has it; so do those to the domain alone.',
  }),
  gatherMilliseconds: duration({
    default: 500,
    max: 60_000,
    unit: 'milliseconds',
    help: 'Changes of a list within this time are told together.',
  }),
  maxMembers: integer({
    default: 2000,
    min: 1,
    max: 20_000,
    unit: 'members',
    help: 'Members of a list that are watched. A SUBSCRIBE that brings more along is refused with 403.',
  }),
  maxLists: integer({
    default: 20,
    min: 1,
    unit: 'lists',
    help: 'Lists that one account watches at a time; more are refused with 503.',
  }),
  maxDatagramBytes: integer({
    default: 32_768,
    min: 4096,
    max: 60_000,
    unit: 'bytes',
    help: 'What is told of a list in one NOTIFY over UDP; more is told in further ones.',
  }),
};

export type ListSettings = Readonly<Values<typeof settings>>;

export const resourceLists = sipFeature({
  spec: 'RFC 4662',
  title: 'Event Notification for Resource Lists',
  version: '',
  status: 'complete',
  note: 'Of presence: contact lists, rls-services (RFC 4826), lists in requests (RFC 5367).',
  settings,
  setup(sip) {
    const { homes } = sip.edge;
    const lists = new ListPackage(sip.edge, sip.settings);
    sip.optionTag('eventlist');
    sip.optionTag('recipient-list-subscribe');
    sip.on(subscriptionArriving, 'find', (place) => find(sip, lists, place));
    sip.on(contactChanged, 'observe', ({ home }) => lists.listsChanged(home));
    sip.on(documentChanged, 'tell', ({ home }) => lists.listsChanged(home));
    for (const change of [accountAdded, accountEnabled, accountRemoved, accountDisabled]) {
      sip.on(change, 'react', ({ address }) => lists.accountChanged(address));
    }
    sip.onStop(
      onAuthorizationChange(homes, (home, watchers) => {
        for (const entry of watchersOf(home)) {
          if (entry instanceof ListEntry && watchers.has(entry.address)) entry.changed();
        }
      }),
    );
  },
});

/** Takes what is for a list over, where no account is called so. */
function find(
  { edge, settings: { serviceName } }: SipFeatureContext<typeof settings>,
  lists: ListPackage,
  place: SubscriptionPlace,
): 'stop' | undefined {
  const { incoming, event, isNobody } = place;
  const { sender, uri } = incoming;
  if (!isNobody || event !== 'presence' || sender === undefined) return undefined;
  const asked = edge.accountOf(uri);
  const [local, domain] = sender.address.split('@');
  const isBrought = asked === undefined || asked === `${serviceName}@${domain}`;
  if (!isBrought && !asked.startsWith(`${local}-`)) return undefined;
  if (!isBrought && !asked.endsWith(`@${domain}`)) return undefined;
  place.home = sender;
  place.eventPackage = lists;
  if (isBrought) return 'stop';
  if (asked === `${local}-list@${domain}`) {
    lists.take(incoming, contactList(sender));
    return 'stop';
  }
  place.finding = serviceList(sender, uriOf(asked)).then((source) => {
    if (source === undefined) throw new SipError(404);
    lists.take(incoming, source);
  });
  return 'stop';
}
