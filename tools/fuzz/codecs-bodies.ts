import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { cpimHeader, readCpim, readCpimAddress, unknownRequired, writeCpim } from '#sip/bodies/cpim.ts';
import { filterElement, isTriggered } from '#sip/bodies/filter-apply.ts';
import { readImdn, requestedDispositions, writeImdn } from '#sip/bodies/imdn.ts';
import { readComposing, writeComposing } from '#sip/bodies/iscomposing.ts';
import { readMessageSummary, writeMessageSummary } from '#sip/bodies/message-summary.ts';
import { decodeContent, readContentType } from '#sip/bodies/mime.ts';
import { newBoundary, readMultipart, writeMultipart } from '#sip/bodies/multipart.ts';
import { PatchError } from '#sip/bodies/patch-error.ts';
import { type Pidf, readPidf } from '#sip/bodies/pidf.ts';
import { composePidf } from '#sip/bodies/pidf-compose.ts';
import { patchPidf, readPidfDiff, writePidfDiff } from '#sip/bodies/pidf-diff.ts';
import { phoneStateOf } from '#sip/bodies/pidf-phone.ts';
import { fromPublication, toPublication } from '#sip/bodies/pidf-publication.ts';
import { pidfElement, writePidf } from '#sip/bodies/pidf-writer.ts';
import { readPresRules } from '#sip/bodies/pres-rules.ts';
import { provide } from '#sip/bodies/pres-rules-apply.ts';
import { readResourceLists, urisOf } from '#sip/bodies/resource-lists.ts';
import { readRlmi, writeRlmi } from '#sip/bodies/rlmi.ts';
import { readRlsServices } from '#sip/bodies/rls-services.ts';
import { filtersFor, readFilterSet } from '#sip/bodies/simple-filter.ts';
import { mergeWatcherinfo, readWatcherinfo, writeWatcherinfo } from '#sip/bodies/watcherinfo.ts';
import { readXcapDiff, writeXcapDiff } from '#sip/bodies/xcap-diff.ts';
import { applyPatches, patchesOf } from '#sip/bodies/xml-patch.ts';
import { SipError } from '#sip/wire/sip-error.ts';
import { readDocument } from '#xml/document.ts';
import { writeDocument } from '#xml/document-writer.ts';
import type { Element } from '#xml/element.ts';
import { parseElement } from '#xml/parse-element.ts';
import { serialize } from '#xml/serializer.ts';
import { type Codec, law, refusing } from './codec.ts';
import { anyElement, isXmlError, MARKUP } from './codecs-xml.ts';

const LIMITS = { maxDepth: 24, maxAttributes: 32, maxElements: 8000 };
/** What a body may be refused with; its reason stands in a start line. */
const isRefusal = (error: unknown) =>
  error instanceof SipError && [400, 413, 415, 488].includes(error.status) && !/[\r\n]/.test(error.reason);

const document: Codec = {
  name: 'document',
  seeds: [
    '<?xml version="1.0" encoding="utf-8"?><!-- a --><r xmlns="urn:r" xmlns:x="urn:x"><?b?><x:a c="&lt;" x:d=""/><![CDATA[<]]></r>',
    "<r> <a> </a>\r\n<b xmlns='' xml:lang='en'/></r>",
  ],
  words: MARKUP,
  grammar: anyElement.map((element) => serialize(element)),
  check(input) {
    const text = input.toString('utf8');
    const found = refusing(() => readDocument(text, LIMITS, true), isXmlError);
    if (found === undefined) return 'refused';
    const { root } = found;
    const written = writeDocument(root, new Map([['urn:a', 'a']]));
    law(
      isDeepStrictEqual(readDocument(written, LIMITS, true).root, root),
      `written as ${written}, it comes back as another`,
    );
    // Two readers of one language: what both take, they read the same.
    const bare = text.replace(/^\ufeff/, '');
    const other = bare.startsWith('<?') ? undefined : refusing(() => parseElement(bare.trim()), isXmlError);
    law(other === undefined || isDeepStrictEqual(other, root), 'the parser of streams reads it otherwise');
    return `${root.children.length} ${Object.keys(root.attributes).length} ${found.scopes.size}`;
  },
};

interface Body<T> {
  name: string;
  seeds: readonly string[];
  words?: readonly string[];
  grammar?: fc.Arbitrary<string>;
  read(body: string): T;
  write?(value: T): string;
  /** Whatever else is done with it. @returns more of its kind */
  use?(value: T, body: string): string;
}

/** A codec of bodies: byte strings. What is written is read back, and is written the same again. */
function ofBody<T>({ name, seeds, words = [], grammar, read, write, use }: Body<T>): Codec {
  return {
    name,
    seeds,
    words: [...words, ...MARKUP],
    grammar: grammar ?? fc.constantFrom(...seeds),
    check(input) {
      const body = input.toString('latin1');
      const value = refusing(() => read(body), isRefusal);
      if (value === undefined) return 'refused';
      if (write !== undefined) {
        const written = write(value);
        law(!/[\u0100-\uffff]/.test(written), 'what is written is no byte string');
        const again = write(read(written));
        law(again === written, `${JSON.stringify(written)} comes back as ${JSON.stringify(again)}`);
      }
      return use?.(value, body) ?? 'read';
    },
  };
}

const NAMESPACES =
  'xmlns:dm="urn:ietf:params:xml:ns:pidf:data-model" xmlns:r="urn:ietf:params:xml:ns:pidf:rpid" xmlns:s="urn:ietf:params:xml:ns:pidf:status:rpid" xmlns:o="urn:ietf:params:xml:ns:pidf:status:rpid-status" xmlns:ce="urn:cisco:params:xml:ns:pidf:rpid"';
const presence = (inside: string) =>
  `<presence xmlns="urn:ietf:params:xml:ns:pidf" ${NAMESPACES} entity="sip:a@example.com">${inside}</presence>`;
const PIECES = [
  '<tuple id="a"><status><basic>open</basic></status></tuple>',
  '<tuple id="b"><status><basic>closed</basic><show xmlns="jabber:client">dnd</show></status><contact priority="0.5">sip:a</contact><note xml:lang="en">n</note><timestamp>2026-01-01T00:00:00.5Z</timestamp></tuple>',
  '<dm:person id="p"><r:activities from="x"><r:away/><ce:dnd/><x xmlns="urn:x"/></r:activities><r:mood><r:happy/></r:mood></dm:person>',
  '<dm:device id="d"><dm:deviceID>urn:d</dm:deviceID><r:user-input idle-threshold="5">idle</r:user-input></dm:device>',
  '<o:activities><o:activity>on-the-phone</o:activity></o:activities>',
  '<note>\u00c3\u00a9</note>',
  '<x xmlns="urn:x" y=""/>',
] as const;
const anyPresence = fc.shuffledSubarray([...PIECES]).map((pieces) => presence(pieces.join('')));
const OTHER: Pidf = readPidf(presence(PIECES.slice(0, 3).join('')));

const pidf = ofBody({
  name: 'pidf',
  seeds: [presence(PIECES.join(''))],
  words: PIECES,
  grammar: anyPresence,
  read: readPidf,
  write: writePidf,
  use(value) {
    const publication = toPublication(value, 'd', 0);
    if (publication !== undefined) {
      law(publication.priority >= 0 && publication.priority <= 127, 'RFC 6121 §4.7.2.3: another priority');
      readPidf(
        writePidf(composePidf(value.entity, value, fromPublication(publication, { id: 'a', contact: 'sip:a' }))),
      );
    }
    const composed = composePidf(value.entity, value, OTHER, value);
    const ids = [...composed.tuples, ...composed.persons, ...composed.devices].map(({ id }) => id);
    law(new Set(ids).size === ids.length, 'RFC 3863 §4.1.2: an id is there twice');
    checkDiff(OTHER, value);
    checkDiff(value, OTHER);
    return `${value.tuples.length} ${phoneStateOf(value).line} ${publication?.availability}`;
  },
});

function checkDiff(before: Pidf, after: Pidf): void {
  const written = writePidfDiff(before, after, 1);
  if (written === undefined) return;
  const diff = readPidfDiff(written);
  law(diff.kind === 'diff', 'a diff is none');
  const { pidf: patched } = patchPidf(pidfElement(before), diff.patches);
  law(writePidf(patched) === writePidf(after), `${written} makes another document`);
}

const OPERATIONS = [
  `<p:remove sel="presence/tuple[@id='a']"/>`,
  `<p:replace sel="*/tuple[1]/status/basic/text()">closed</p:replace>`,
  `<p:add sel="*" pos="prepend"><tuple id="z"><status/></tuple></p:add>`,
  `<p:add sel="presence/tuple[1]" type="@x">y</p:add>`,
  `<p:add sel="presence/tuple[@id='b']/note" pos="before"><note>m</note></p:add>`,
  `<p:replace sel="presence/dm:person/r:activities"><r:activities/></p:replace>`,
  '<p:remove sel="presence/@entity" ws="both"/>',
] as const;
const diffOf = (operations: readonly string[]) =>
  `<p:pidf-diff xmlns="urn:ietf:params:xml:ns:pidf" xmlns:p="urn:ietf:params:xml:ns:pidf-diff" ${NAMESPACES} version="2">${operations.join('')}</p:pidf-diff>`;

const pidfDiff = ofBody({
  name: 'pidf-diff',
  seeds: [diffOf(OPERATIONS)],
  words: [
    ...OPERATIONS,
    ' sel="',
    '[1]',
    "[@id='a']",
    '/text()',
    '/@id',
    'namespace::x',
    ' pos="after"',
    ' type="@',
    '*/',
    'id("a")',
  ],
  grammar: fc.shuffledSubarray([...OPERATIONS]).map(diffOf),
  read: readPidfDiff,
  use(diff) {
    if (diff.kind === 'full') return 'full';
    const before = pidfElement(OTHER);
    const result = refusing(() => patchPidf(before, diff.patches), isRefusal);
    law(isDeepStrictEqual(before, pidfElement(OTHER)), 'the document itself was changed');
    if (result === undefined) return `refused ${diff.patches.length}`;
    readPidf(writePidf(result.pidf));
    return `patched ${diff.patches.length} ${result.pidf.tuples.length}`;
  },
});

const patch: Codec = {
  name: 'xml-patch',
  seeds: [diffOf(OPERATIONS)],
  words: OPERATIONS,
  grammar: fc.shuffledSubarray([...OPERATIONS]).map(diffOf),
  check(input) {
    const found = refusing(() => readDocument(input.toString('utf8'), LIMITS), isXmlError);
    if (found === undefined) return 'no XML';
    const before: Element = pidfElement(OTHER);
    const after = refusing(
      () => applyPatches(before, patchesOf(found)),
      (error) => error instanceof PatchError,
    );
    if (after === undefined) return 'refused';
    // Whatever was put in, it is still a document.
    readDocument(writeDocument(after, new Map()), { ...LIMITS, maxDepth: 60 });
    return `${after.children.length}`;
  },
};

const composing = ofBody({
  name: 'iscomposing',
  seeds: [
    '<isComposing xmlns="urn:ietf:params:xml:ns:im-iscomposing"><state>active</state><lastactive>2003-01-27T10:43:00Z</lastactive><contenttype>text/plain</contenttype><refresh>90</refresh></isComposing>',
  ],
  words: ['<state>', 'idle', '<refresh>0', '9999-12-31T23:59:59-14:00'],
  read: readComposing,
  write: writeComposing,
});

const summary = ofBody({
  name: 'message-summary',
  seeds: [
    'Messages-Waiting: yes\r\nMessage-Account: sip:a\r\nVoice-Message: 4/8 (1/2)\r\n\r\nTo: a\r\nSubject: b\r\n\r\nTo: c\r\n',
  ],
  words: ['\r\n', '\r\n ', ': ', '(', '/', '99999999999', 'Fax-Message', '\xa0', '\n', '\r'],
  read: readMessageSummary,
  write: writeMessageSummary,
});

const cpim = ofBody({
  name: 'cpim',
  seeds: [
    'From: A <im:a@b>\r\nTo: "B \\"C\\"" <im:b@b>\r\nSubject:;lang=fr \xc3\xa9\\n\\u0041\r\nNS: i <urn:ietf:params:imdn>\r\nRequire: i.Message-ID\r\ni.Message-ID: 1\r\ni.Disposition-Notification: display\r\n\r\nContent-Type: text/plain\r\n\r\nhello',
  ],
  words: [
    '\r\n',
    '\r\n\r\n',
    ': ',
    '\\',
    '\\u0000',
    ';lang=',
    'NS: ',
    'NS: <urn:x>',
    'NS: From <urn:x>',
    '.',
    '"',
    '<',
    '\n',
    '\xa0',
  ],
  read: readCpim,
  use(value) {
    const headers = value.headers.filter(({ name }) => name !== 'NS');
    const isPlain = headers.every(
      ({ name, ns, language }) => /^[\w-]+$/.test(name) && /^[^<>\s]+$/.test(ns) && /^[\w-]*$/.test(language),
    );
    if (isPlain) {
      const back = readCpim(writeCpim(headers, { type: 'text/plain', body: value.content.body }));
      const same = back.headers.filter(({ name, ns }) => !(name === 'NS' && ns.startsWith('urn:ietf:params:cpim')));
      law(
        isDeepStrictEqual(
          same.map(({ value }) => value.trim()),
          headers.map(({ value }) => value.trim()),
        ),
        'a header comes back as another',
      );
      law(back.content.body === value.content.body, 'the content comes back as another');
    }
    refusing(() => readCpimAddress(cpimHeader(value, 'From') ?? ''), isRefusal);
    refusing(() => unknownRequired(value, new Set()), isRefusal);
    refusing(() => decodeContent(value.content), isRefusal);
    return `${value.headers.length} ${requestedDispositions(value).size} ${isPlain}`;
  },
});

const imdn = ofBody({
  name: 'imdn',
  seeds: [
    '<imdn xmlns="urn:ietf:params:xml:ns:imdn"><message-id>1</message-id><datetime>2008-04-04T12:16:49-05:00</datetime><subject>s</subject><delivery-notification><status><delivered/></status></delivery-notification></imdn>',
  ],
  words: ['<processing-notification>', '<status>', '<stored/>', '<displayed/>'],
  read: readImdn,
  write: writeImdn,
});

const multipart = ofBody({
  name: 'multipart',
  seeds: [
    'pre\r\n--b\r\nContent-Type: a/b\r\nContent-ID: <1>\r\n\r\nx\r\n--b\r\n\r\n\r\n--b--\r\npost',
    '--b\nContent-Transfer-Encoding: base64\n\nAAA=\n--b\nContent-Transfer-Encoding: quoted-printable\n\n=41=\n--b--',
  ],
  words: ['--b', '--b--', '\r\n', '\n', ' ', '\t', 'Content-ID: ', ': ', '=', '\xa0'],
  read: (body) => readMultipart(readContentType('multipart/mixed;boundary=b'), body),
  use({ parts }) {
    const boundary = newBoundary();
    const back = readMultipart(
      readContentType(`multipart/mixed;boundary=${boundary}`),
      writeMultipart(parts, boundary),
    );
    law(isDeepStrictEqual(back.parts, parts), 'parts come back as others');
    for (const part of parts) refusing(() => decodeContent(part), isRefusal);
    return `${parts.length} ${parts[0]?.headers.length}`;
  },
});

const contentType = ofBody({
  name: 'content-type',
  seeds: ['multipart/related; boundary="a\\"b" ;start=<x>', 'text/plain;charset=utf-8'],
  words: [';', '=', '"', '\\', '/', ' ', '\t', '\xa0', "'"],
  read: readContentType,
  use: ({ type, parameters }) => `${type.length > 3} ${parameters.size}`,
});

const watcherinfo = ofBody({
  name: 'watcherinfo',
  seeds: [
    '<watcherinfo xmlns="urn:ietf:params:xml:ns:watcherinfo" version="1" state="partial"><watcher-list resource="sip:p" package="presence"><watcher id="a" status="active" event="approved" expiration="5">sip:a</watcher><watcher id="b" status="terminated" event="timeout">sip:b</watcher></watcher-list></watcherinfo>',
  ],
  words: ['<watcher ', ' status="pending"', ' event="giveup"', ' version="', ' state="full"'],
  read: readWatcherinfo,
  write: writeWatcherinfo,
  use(value) {
    const merged = mergeWatcherinfo({ version: 0, isFull: true, lists: [] }, value);
    if (typeof merged === 'string') return merged;
    law(
      merged.isFull && merged.lists.flatMap(({ watchers }) => watchers).every(({ status }) => status !== 'terminated'),
      'who is gone is there',
    );
    return `${merged.lists.length}`;
  },
});

const rlmi = ofBody({
  name: 'rlmi',
  seeds: [
    '<list xmlns="urn:ietf:params:xml:ns:rlmi" uri="sip:l" version="1" fullState="true"><name xml:lang="en">L</name><resource uri="sip:a"><name>A</name><instance id="1" state="active" cid="c"/></resource></list>',
  ],
  words: ['<resource ', ' uri="', '<instance ', ' state="terminated"', ' reason="', ' fullState="0"', ' xml:lang="'],
  read: readRlmi,
  write: writeRlmi,
});

const lists = ofBody({
  name: 'resource-lists',
  seeds: [
    '<resource-lists xmlns="urn:ietf:params:xml:ns:resource-lists" xmlns:c="urn:ietf:params:xml:ns:copycontrol"><list name="a"><entry uri="sip:a" c:copyControl="to"><display-name>A</display-name></entry><entry-ref ref="x"/><external anchor="y"/><list name="b"/></list></resource-lists>',
  ],
  words: ['<list name="', '<entry uri="', '<entry-ref ref="', '<external anchor="', '<display-name>', '</list>'],
  read: readResourceLists,
  use: (value) => `${value.length} ${urisOf(value).size}`,
});

const services = ofBody({
  name: 'rls-services',
  seeds: [
    '<rls-services xmlns="urn:ietf:params:xml:ns:rls-services" xmlns:l="urn:ietf:params:xml:ns:resource-lists"><service uri="sip:a"><list><l:entry uri="sip:b"/></list><packages><package>presence</package></packages></service><service uri="sip:c"><resource-list>http://x</resource-list></service></rls-services>',
  ],
  words: ['<service uri="', '<packages>', '<package>', '<resource-list>'],
  read: readRlsServices,
});

const CONDITIONS = [
  '<identity><one id="sip:a@b"/></identity>',
  '<identity><many domain="b"><except id="sip:a@b"/><except domain="c"/></many></identity>',
  '<sphere value="work"/>',
  '<validity><from>2026-01-01T00:00:00Z</from><until>2027-01-01T00:00:00Z</until></validity>',
  '<o:external-list><o:entry anc="http://x"/></o:external-list>',
  '<o:anonymous-request/>',
  '<o:other-identity/>',
  '<x xmlns="urn:x"/>',
] as const;
const SHOWN = [
  '<pr:provide-services><pr:all-services/></pr:provide-services>',
  '<pr:provide-persons><pr:class>c</pr:class><pr:occurrence-id>p</pr:occurrence-id></pr:provide-persons>',
  '<pr:provide-devices><pr:deviceID>urn:d</pr:deviceID></pr:provide-devices>',
  '<pr:provide-activities>true</pr:provide-activities>',
  '<pr:provide-user-input>bare</pr:provide-user-input>',
  '<pr:provide-unknown-attribute ns="urn:x" name="x">true</pr:provide-unknown-attribute>',
  '<pr:provide-all-attributes/>',
] as const;
const ruleset = ([conditions, shown]: [readonly string[], readonly string[]]) =>
  `<ruleset xmlns="urn:ietf:params:xml:ns:common-policy" xmlns:pr="urn:ietf:params:xml:ns:pres-rules" xmlns:o="urn:oma:xml:xdm:common-policy"><rule id="a"><conditions>${conditions.join('')}</conditions><actions><pr:sub-handling>allow</pr:sub-handling></actions><transformations>${shown.join('')}</transformations></rule></ruleset>`;

const rules = ofBody({
  name: 'pres-rules',
  seeds: [ruleset([CONDITIONS, SHOWN])],
  words: [...CONDITIONS, ...SHOWN, 'polite-block', 'confirm', '<rule id="b">', '</rule>'],
  grammar: fc.tuple(fc.shuffledSubarray([...CONDITIONS]), fc.shuffledSubarray([...SHOWN])).map(ruleset),
  read: readPresRules,
  use(value) {
    let kinds = '';
    for (const { handling, transformations } of value.slice(0, 3)) {
      const shown = provide(OTHER, transformations);
      law(shown.tuples.length <= OTHER.tuples.length, 'more is shown than there is');
      kinds += `${handling} ${shown.tuples.length} `;
    }
    return kinds;
  },
});

const FILTERS = [
  '<what><include>/p:presence/p:tuple[r:class="IM" and @id]/p:status/p:basic</include></what>',
  '<what><include type="namespace">urn:x</include><exclude>//p:note</exclude></what>',
  '<trigger><changed from="CLOSED" to="OPEN">//p:basic</changed></trigger>',
  '<trigger><changed by="0.5">//p:contact/@priority</changed><added>//p:*[p:status or (p:note)]</added></trigger>',
  '<trigger><removed>//*[@id="a"][1]</removed></trigger>',
] as const;
const filterSet = (pieces: readonly string[]) =>
  `<filter-set xmlns="urn:ietf:params:xml:ns:simple-filter"><ns-bindings><ns-binding prefix="p" urn="urn:ietf:params:xml:ns:pidf"/><ns-binding prefix="r" urn="urn:ietf:params:xml:ns:pidf:rpid"/></ns-bindings>${pieces.map((piece, i) => `<filter id="${i}">${piece}</filter>`).join('')}</filter-set>`;

const filter = ofBody({
  name: 'simple-filter',
  seeds: [filterSet(FILTERS)],
  words: [...FILTERS, '//', '[', ']', '(', ')', '@', '*', ' and ', ' or ', '!=', '&lt;=', '.', 'p:', '/', '[1]', '"a"'],
  grammar: fc.shuffledSubarray([...FILTERS]).map(filterSet),
  read: readFilterSet,
  use({ filters }) {
    const chosen = filtersFor(filters, 'sip:a@example.com');
    const document = pidfElement(OTHER);
    const shown = filterElement(document, chosen);
    law(shown.is('presence', document.ns), 'the root is gone');
    // What is left is still a presence document.
    readPidf(writePidf(readPidf(writeDocument(shown, new Map()))));
    return `${chosen.length} ${shown.children.length} ${isTriggered(chosen, document, shown)}`;
  },
});

const xcapDiff = ofBody({
  name: 'xcap-diff',
  seeds: [
    '<xcap-diff xmlns="urn:ietf:params:xml:ns:xcap-diff" xcap-root="http://x/"><document new-etag="a" sel="b" previous-etag="c"><add xmlns:q="urn:q" sel="q:a"><b/></add></document><document sel="d"><body-not-changed/></document><element sel="e"><f/></element><attribute sel="g/@h" exists="0"/></xcap-diff>',
  ],
  words: [' sel="', ' exists="false"', ' new-etag="', '<document ', '<attribute ', '<element ', ' xmlns:q="urn:z"'],
  read: readXcapDiff,
  // In which order its prefixes are declared is all the same.
  write: (diff) =>
    writeXcapDiff(diff).replace(/(?<=<xcap-diff)(?: [^ =]+="[^"]*")*/, (head) =>
      (head.match(/ [^ =]+="[^"]*"/g) ?? []).sort().join(''),
    ),
  use: ({ changes }) => `${changes.map(({ kind }) => kind).slice(0, 4)}`,
});

export const bodyCodecs: readonly Codec[] = [
  document,
  pidf,
  pidfDiff,
  patch,
  composing,
  summary,
  cpim,
  imdn,
  multipart,
  contentType,
  watcherinfo,
  rlmi,
  lists,
  services,
  rules,
  filter,
  xcapDiff,
];
