/** Namespaces of the documents of SIMPLE. */
export const NS_PIDF = 'urn:ietf:params:xml:ns:pidf';
/** RFC 4479. */
export const NS_DATA_MODEL = 'urn:ietf:params:xml:ns:pidf:data-model';
/** RFC 4480. */
export const NS_RPID = 'urn:ietf:params:xml:ns:pidf:rpid';
/** RFC 4481. */
export const NS_TIMED = 'urn:ietf:params:xml:ns:pidf:timed-status';
/** RFC 4482. */
export const NS_CIPID = 'urn:ietf:params:xml:ns:pidf:cipid';
/** RFC 5196. */
export const NS_CAPS = 'urn:ietf:params:xml:ns:pidf:caps';
/** What RFC 5196 was called while it was a draft; call managers still write it. */
export const NS_SERVCAPS = 'urn:ietf:params:xml:ns:pidf:servcaps';
/** RFC 4480 as a draft: call managers, and gateways of before. */
export const NS_STATUS_RPID = 'urn:ietf:params:xml:ns:pidf:status:rpid';
export const NS_STATUS_RPID_STATUS = 'urn:ietf:params:xml:ns:pidf:status:rpid-status';
/** Activities of phones that RFC 4480 has no words for. */
export const NS_CISCO_RPID = 'urn:cisco:params:xml:ns:pidf:rpid';
/** RFC 5262. */
export const NS_PIDF_DIFF = 'urn:ietf:params:xml:ns:pidf-diff';
/** RFC 8048 §5.2: what XMPP says and RFC 3863 has no word for. */
export const NS_XMPP = 'jabber:client';
export const NS_WATCHERINFO = 'urn:ietf:params:xml:ns:watcherinfo';
export const NS_RLMI = 'urn:ietf:params:xml:ns:rlmi';
export const NS_COMPOSING = 'urn:ietf:params:xml:ns:im-iscomposing';
export const NS_IMDN = 'urn:ietf:params:xml:ns:imdn';
export const NS_RESOURCE_LISTS = 'urn:ietf:params:xml:ns:resource-lists';
export const NS_RLS_SERVICES = 'urn:ietf:params:xml:ns:rls-services';
/** RFC 5364. */
export const NS_COPY_CONTROL = 'urn:ietf:params:xml:ns:copycontrol';
/** RFC 4745. */
export const NS_COMMON_POLICY = 'urn:ietf:params:xml:ns:common-policy';
/** RFC 5025. */
export const NS_PRES_RULES = 'urn:ietf:params:xml:ns:pres-rules';
export const NS_SIMPLE_FILTER = 'urn:ietf:params:xml:ns:simple-filter';
export const NS_XCAP_DIFF = 'urn:ietf:params:xml:ns:xcap-diff';
export const NS_XCAP_ERROR = 'urn:ietf:params:xml:ns:xcap-error';
export const NS_XCAP_CAPS = 'urn:ietf:params:xml:ns:xcap-caps';
export const NS_REGINFO = 'urn:ietf:params:xml:ns:reginfo';

/**
 * The prefixes of the RFCs' own examples.
 * COMPAT(baresip, 1.0): looks for `<rpid:away/>`, letter by letter.
 */
export const PREFIXES: ReadonlyMap<string, string> = new Map([
  [NS_PIDF, 'p'],
  [NS_DATA_MODEL, 'dm'],
  [NS_RPID, 'rpid'],
  [NS_TIMED, 'ts'],
  [NS_CIPID, 'ci'],
  [NS_CAPS, 'caps'],
  [NS_SERVCAPS, 'sc'],
  [NS_CISCO_RPID, 'ce'],
  [NS_PIDF_DIFF, 'pd'],
  [NS_XMPP, 'xmpp'],
  [NS_RESOURCE_LISTS, 'rl'],
  [NS_COMMON_POLICY, 'cr'],
  [NS_PRES_RULES, 'pr'],
  [NS_COPY_CONTROL, 'cp'],
]);
