/** What this server does, in load order. Deleting a line removes the feature. */
import type { SipFeature } from '#sip/feature.ts';
import { options } from '#sip/features/rfc-3261-options.ts';
import { proxy } from '#sip/features/rfc-3261-proxy/feature.ts';
import { registrar } from '#sip/features/rfc-3261-registrar/feature.ts';
import { message } from '#sip/features/rfc-3428-message/feature.ts';
import { regEvent } from '#sip/features/rfc-3680-reg-event.ts';
import { messageSummary } from '#sip/features/rfc-3842-message-summary.ts';
import { presence } from '#sip/features/rfc-3856-presence/feature.ts';
import { watcherInfo } from '#sip/features/rfc-3857-winfo/feature.ts';
import { cpim } from '#sip/features/rfc-3862-cpim.ts';
import { publish } from '#sip/features/rfc-3903-publish/feature.ts';
import { isComposing } from '#sip/features/rfc-3994-iscomposing/feature.ts';
import { filters } from '#sip/features/rfc-4660-filters/feature.ts';
import { resourceLists } from '#sip/features/rfc-4662-resource-lists/feature.ts';
import { xcap } from '#sip/features/rfc-4825-xcap/feature.ts';
import { partialNotification } from '#sip/features/rfc-5263-partial-notification/feature.ts';
import { partialPublication } from '#sip/features/rfc-5264-partial-publication.ts';
import { imdn } from '#sip/features/rfc-5438-imdn/feature.ts';
import { conditional } from '#sip/features/rfc-5839-conditional.ts';
import { xcapDiff } from '#sip/features/rfc-5875-xcap-diff/feature.ts';
import { rateControl } from '#sip/features/rfc-6446-rate-control/feature.ts';
import { subscribe } from '#sip/features/rfc-6665-subscribe/feature.ts';
import { webSocket } from '#sip/features/rfc-7118-websocket.ts';
import { unifiedCmTrunk } from '#sip/features/unified-cm-trunk/feature.ts';
import type { XmppFeature } from '#xmpp/feature.ts';
import { sessionEstablishment } from '#xmpp/features/rfc-3921-session.ts';
import { roster } from '#xmpp/features/rfc-6121-roster.ts';
import { subscriptions } from '#xmpp/features/rfc-6121-subscriptions.ts';
import { lastActivity } from '#xmpp/features/xep-0012-last-activity.ts';
import { disco } from '#xmpp/features/xep-0030-disco.ts';
import { privateXml } from '#xmpp/features/xep-0049-private-xml.ts';
import { adHocCommands } from '#xmpp/features/xep-0050-commands/feature.ts';
import { vcardTemp } from '#xmpp/features/xep-0054-vcard-temp.ts';
import { registration } from '#xmpp/features/xep-0077-registration/feature.ts';
import { softwareVersion } from '#xmpp/features/xep-0092-version.ts';
import { caps } from '#xmpp/features/xep-0115-caps.ts';
import { serviceAdministration } from '#xmpp/features/xep-0133-service-administration/feature.ts';
import { contactAddresses } from '#xmpp/features/xep-0157-contact-addresses.ts';
import { offlineMessages } from '#xmpp/features/xep-0160-offline-messages.ts';
import { blocking } from '#xmpp/features/xep-0191-blocking.ts';
import { streamManagement } from '#xmpp/features/xep-0198-stream-management/feature.ts';
import { ping } from '#xmpp/features/xep-0199-ping.ts';
import { entityTime } from '#xmpp/features/xep-0202-time.ts';
import { delayedDelivery } from '#xmpp/features/xep-0203-delay.ts';
import { carbons } from '#xmpp/features/xep-0280-carbons/feature.ts';
import { messageArchive } from '#xmpp/features/xep-0313-archive/feature.ts';
import { hints } from '#xmpp/features/xep-0334-hints.ts';
import { clientState } from '#xmpp/features/xep-0352-client-state/feature.ts';
import { stanzaIds } from '#xmpp/features/xep-0359-stanza-ids.ts';
import { messageArchivePreferences } from '#xmpp/features/xep-0441-archive-preferences.ts';
import { streamLimits } from '#xmpp/features/xep-0478-stream-limits.ts';

export const xmppFeatures: readonly XmppFeature[] = [
  sessionEstablishment,
  lastActivity,
  disco,
  registration,
  softwareVersion,
  caps,
  contactAddresses,
  ping,
  entityTime,
  delayedDelivery,
  streamLimits,
  roster,
  subscriptions,
  blocking,
  privateXml,
  vcardTemp,
  streamManagement,
  clientState,
  stanzaIds,
  hints,
  offlineMessages,
  carbons,
  messageArchive,
  messageArchivePreferences,
  adHocCommands,
  serviceAdministration,
];

export const sipFeatures: readonly SipFeature[] = [
  registrar,
  options,
  message,
  regEvent,
  messageSummary,
  presence,
  watcherInfo,
  cpim,
  publish,
  isComposing,
  filters,
  resourceLists,
  partialNotification,
  partialPublication,
  conditional,
  rateControl,
  subscribe,
  webSocket,
  xcap,
  imdn,
  xcapDiff,
  unifiedCmTrunk,
  proxy,
];

/** A specification as docs/protocols.md tells of it. */
export type Protocol = Pick<XmppFeature, 'spec' | 'title' | 'version' | 'note'> & {
  readonly status: XmppFeature['status'] | 'refused';
};

/** What the core of the server does, and what it refuses on purpose. */
export const coreProtocols: readonly Protocol[] = [
  {
    spec: 'RFC 3261',
    title: 'SIP: Session Initiation Protocol',
    version: '',
    status: 'complete',
    note: 'Messages, transactions (with RFC 6026), UDP and TCP; every torture message of RFC 4475 and RFC 5118 is a test.',
  },
  { spec: 'RFC 3263', title: 'Locating SIP Servers', version: '', status: 'complete' },
  { spec: 'RFC 3581', title: 'Symmetric Response Routing', version: '', status: 'complete' },
  {
    spec: 'RFC 3863',
    title: 'Presence Information Data Format',
    version: '',
    status: 'complete',
    note: 'With RFC 4479, 4480, 4481, 4482, 5196: what is not composed is handed on word for word.',
  },
  {
    spec: 'RFC 5922',
    title: 'Domain Certificates in SIP',
    version: '',
    status: 'complete',
    note: 'TLS 1.2 and 1.3.',
  },
  {
    spec: 'RFC 7247',
    title: 'Interworking of SIP and XMPP: Addresses and Errors',
    version: '',
    status: 'complete',
    note: 'Messages by RFC 7572, presence by RFC 8048; chat sessions (RFC 7573) as far as there is no MSRP.',
  },
  {
    spec: 'RFC 8760',
    title: 'SIP Digest Authentication',
    version: '',
    status: 'complete',
    note: 'MD5, SHA-256, SHA-512-256, over stored keys; without qop as well, for old clients.',
  },
  { spec: 'RFC 4616', title: 'SASL PLAIN', version: '', status: 'complete', note: 'Inside TLS only.' },
  {
    spec: 'RFC 5802',
    title: 'SASL SCRAM',
    version: '',
    status: 'complete',
    note: 'SHA-1, SHA-256 (RFC 7677), SHA-512.',
  },
  {
    spec: 'RFC 6120',
    title: 'XMPP Core',
    version: '',
    status: 'partial',
    note: 'Streams of clients; those of other servers are not taken yet.',
  },
  { spec: 'RFC 6121 §4', title: 'Presence', version: '', status: 'complete' },
  { spec: 'RFC 6121 §8', title: 'Processing of Stanzas', version: '', status: 'complete' },
  { spec: 'RFC 7590', title: 'Use of TLS in XMPP', version: '', status: 'complete' },
  {
    spec: 'RFC 7622',
    title: 'Address Format',
    version: '',
    status: 'complete',
    note: 'With PRECIS (RFC 8264 to 8266).',
  },
  { spec: 'RFC 9266', title: 'Channel Bindings for TLS 1.3', version: '', status: 'complete', note: 'And RFC 5929.' },
  { spec: 'XEP-0004', title: 'Data Forms', version: '2.13.2', status: 'partial', note: 'Where a feature uses them.' },
  { spec: 'XEP-0059', title: 'Result Set Management', version: '1.0', status: 'complete' },
  { spec: 'XEP-0082', title: 'Date and Time Profiles', version: '1.1.1', status: 'complete' },
  { spec: 'XEP-0128', title: 'Service Discovery Extensions', version: '1.0.1', status: 'complete' },
  {
    spec: 'XEP-0138',
    title: 'Stream Compression',
    version: '2.1',
    status: 'refused',
    note:
      'Inside TLS the length of what is compressed betrays secrets to one who can add to it (CRIME), which made the ' +
      'specification obsolete; and each stream would cost memory and time for its dictionary.',
  },
  {
    spec: 'XEP-0178',
    title: 'SASL EXTERNAL with Certificates',
    version: '1.2',
    status: 'partial',
    note: 'Of clients.',
  },
  { spec: 'XEP-0368', title: 'SRV Records for XMPP over TLS', version: '1.1.0', status: 'complete' },
  { spec: 'XEP-0440', title: 'SASL Channel-Binding Type Capability', version: '1.0.0', status: 'complete' },
  { spec: 'XEP-0474', title: 'SASL SCRAM Downgrade Protection', version: '0.5.0', status: 'complete' },
];
