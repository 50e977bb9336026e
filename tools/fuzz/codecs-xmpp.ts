import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { fakeCredentials } from '#keys/credentials.ts';
import { Element, element } from '#xml/element.ts';
import { parseElement } from '#xml/parse-element.ts';
import { serialize } from '#xml/serializer.ts';
import { readPublication, renderContent, renderOverlaid } from '#xmpp/presence-content.ts';
import { type SaslInput, saslMechanisms, startSasl } from '#xmpp/stream/sasl.ts';
import { readSasl, saslAnswer } from '#xmpp/stream/sasl-elements.ts';
import { SaslFailure } from '#xmpp/stream/sasl-failure.ts';
import { verificationString } from '#xmpp/wire/caps.ts';
import { FilledForm, writeForm } from '#xmpp/wire/data-form.ts';
import { NS_RSM, pageOf, readPageRequest, writePage } from '#xmpp/wire/rsm.ts';
import { errorReply, StanzaError } from '#xmpp/wire/stanza-error.ts';
import { type Codec, law, refusing } from './codec.ts';
import { anyElement, isXmlError, MARKUP, roundTrip } from './codecs-xml.ts';

const isStanzaError = (error: unknown) => error instanceof StanzaError;
const written = (xml: fc.Arbitrary<Element>) => xml.map((one) => serialize(one, 'jabber:client'));

/** A codec that is fed elements: what is no XML is not its business. */
function ofElements(codec: Omit<Codec, 'check'> & { look(element: Element): string }): Codec {
  const { look, ...rest } = codec;
  return {
    ...rest,
    check(input) {
      const found = refusing(() => parseElement(input.toString('utf8'), 'jabber:client'), isXmlError);
      return found === undefined || found.name === '' ? 'no XML' : look(found);
    },
  };
}

const count = fc.oneof(fc.nat(300).map(String), fc.constantFrom('-1', '1.5', '', ' 7 ', '9'.repeat(20)));
const ITEMS = Array.from({ length: 20 }, (_, i) => `i${i}`);
const inSet = (name: string, from: fc.Arbitrary<string>) => from.map((value) => element(name, NS_RSM, {}, value));
const place = fc.constantFrom('', ...ITEMS.slice(0, 3), 'gone');

const rsm = ofElements({
  name: 'rsm',
  seeds: [
    `<q><set xmlns='${NS_RSM}'><max>5</max><after>i3</after></set></q>`,
    `<q><set xmlns='${NS_RSM}'><before/></set></q>`,
  ],
  words: [
    `<set xmlns='${NS_RSM}'>`,
    '<max>',
    '</max>',
    '<index>',
    '</index>',
    '<before/>',
    '<after>i3</after>',
    '99999',
    '-1',
  ],
  grammar: written(
    fc
      .array(fc.oneof(inSet('max', count), inSet('index', count), inSet('after', place), inSet('before', place)), {
        maxLength: 4,
      })
      .map((children) => element('q', 'jabber:client', {}, element('set', NS_RSM, {}, ...children))),
  ),
  look(query) {
    const request = refusing(() => readPageRequest(query, 10), isStanzaError);
    if (request === undefined) return 'refused';
    law(request.max >= 0 && request.max <= 10, `XEP-0059 §2.1: ${request.max} items`);
    const answer = refusing(() => pageOf(ITEMS, (item) => item, request), isStanzaError);
    if (answer === undefined) return 'not found';
    const [items, page] = answer;
    law(items.length <= request.max, `${items.length} items, and ${request.max} were asked for`);
    const set = writePage(page);
    roundTrip(set);
    law(set.childText('first') === items[0] && set.childText('last') === items.at(-1), 'first or last is another');
    if (items.length > 0) law(ITEMS[page.index!] === items[0], 'the index is another');
    return `${items.length} ${page.index}`;
  },
});

const NS_FORMS = 'jabber:x:data';
const field = fc
  .tuple(
    fc.constantFrom('FORM_TYPE', 'a', 'b', '__proto__', ''),
    fc.array(fc.string({ maxLength: 5 }), { maxLength: 3 }),
  )
  .map(([name, values]) =>
    element('field', NS_FORMS, { var: name }, ...values.map((value) => element('value', NS_FORMS, {}, value))),
  );

const form = ofElements({
  name: 'data-form',
  seeds: [
    `<x xmlns='${NS_FORMS}' type='submit'><field var='FORM_TYPE' type='hidden'><value>urn:x</value></field><field var='a'><value>1</value></field></x>`,
  ],
  words: [...MARKUP, "type='submit'", "<field var='a'>", '</field>', '<value>', '</value>', "type='fixed'"],
  grammar: written(
    fc
      .tuple(fc.constantFrom('submit', 'cancel', 'form', 'result', 'x'), fc.array(field, { maxLength: 4 }))
      .map(([type, fields]) => element('x', NS_FORMS, { type }, ...fields)),
  ),
  look(found) {
    const filled = refusing(() => FilledForm.read(found), isStanzaError);
    if (filled === undefined) return 'refused';
    for (const name of filled.names) law(filled.has(name), `${name} is named and not there`);
    const { type, formType, names } = filled;
    const shown = writeForm({
      type,
      ...(formType !== undefined && { formType }),
      fields: names.map((name) => ({ name })),
    });
    roundTrip(shown);
    law(isDeepStrictEqual(FilledForm.read(shown).names, names), 'written again its fields are others');
    return `${type} ${names.length} ${formType !== undefined}`;
  },
});

const presence = ofElements({
  name: 'presence',
  seeds: [
    "<presence><show>away</show><status>a</status><status xml:lang='de'>b</status><priority> -5 </priority></presence>",
    '<presence/>',
  ],
  words: [
    ...MARKUP,
    '<show>',
    '</show>',
    'dnd',
    '<priority>',
    '</priority>',
    '-128',
    '127',
    '128',
    '+1',
    "<status xml:lang='constructor'>",
    '</status>',
  ],
  grammar: written(
    fc
      .tuple(
        fc.constantFrom(undefined, 'away', 'chat', 'dnd', 'xa', 'busy', 'toString'),
        count,
        fc.array(anyElement, { maxLength: 2 }),
      )
      .map(([show, priority, others]) =>
        element(
          'presence',
          'jabber:client',
          {},
          show && element('show', 'jabber:client', {}, show),
          element('priority', 'jabber:client', {}, priority),
          ...others,
        ),
      ),
  ),
  look(stanza) {
    const publication = refusing(() => readPublication(stanza, 'device', 0), isStanzaError);
    if (publication === undefined) return 'refused';
    const { availability, priority, notes, native } = publication;
    law(Number.isInteger(priority) && priority >= -128 && priority <= 127, `RFC 6121 §4.7.2.3: ${priority}`);
    const again = readPublication(
      parseElement(`<presence>${renderContent(publication)}</presence>`, 'jabber:client'),
      'device',
      0,
    );
    law(
      again.availability === availability && again.priority === priority,
      'rendered and read again it says something else',
    );
    law(isDeepStrictEqual(again.notes, notes), 'the notes differ');
    const handed = readPublication(
      parseElement(`<presence>${native!.payload}</presence>`, 'jabber:client'),
      'device',
      0,
    );
    law(
      isDeepStrictEqual({ ...handed, native: 0 }, { ...publication, native: 0 }),
      'what watchers get says something else',
    );
    const call = { ...publication, availability: 'away', notes: { '': 'On a call' } } as const;
    const over = renderOverlaid(call, native!.payload);
    const seen = readPublication(parseElement(`<presence>${over}</presence>`, 'jabber:client'), 'device', 0);
    law(
      isDeepStrictEqual({ ...seen, native: 0 }, { ...call, native: 0 }),
      'with a call laid over it, it says something else than that',
    );
    return `${availability} ${Math.sign(priority)} ${Object.keys(notes).length}`;
  },
});

const error = ofElements({
  name: 'stanza-error',
  seeds: ["<message id='1' to='a@b' from='c@d' xml:lang='en'><body/></message>", "<iq id='&lt;' type='get'><x/></iq>"],
  words: MARKUP,
  grammar: written(anyElement),
  look(stanza) {
    const reply = errorReply(stanza, new StanzaError('bad-request', { text: `what is <${stanza.name}>?` }), 'x@y');
    roundTrip(reply);
    law(reply.attributes.type === 'error' && reply.attributes.id === stanza.attributes.id, 'RFC 6120 §8.3.1');
    law(reply.attributes.to === stanza.attributes.from, 'it goes to somebody else');
    return `${Object.keys(reply.attributes)}`;
  },
});

const caps = ofElements({
  name: 'caps',
  seeds: [
    "<q xmlns='http://jabber.org/protocol/disco#info'><identity category='client' type='pc' name='x'/><feature var='urn:x'/></q>",
  ],
  words: [...MARKUP, "<feature var='", "<identity category='", '<<', '/>'],
  grammar: written(anyElement),
  look(query) {
    const inside = query.elements();
    const ver = verificationString(inside);
    law(/^[A-Za-z0-9+/]{27}=$/.test(ver), 'XEP-0115 §5.1: the base64 of a SHA-1 hash');
    law(verificationString(inside.toReversed()) === ver, 'XEP-0115 §5.1: it depends on the order');
    return `${inside.length}`;
  },
});

const tls = { channelBindings: new Map([['tls-exporter', () => Buffer.from('exported')]]) };
const context = {
  domain: 'example.org',
  tls,
  allowed: saslMechanisms,
  withoutTls: false,
  downgradeProtection: true,
  nonce: () => 'servernonce',
};
const credentials = fakeCredentials(Buffer.alloc(32), 'juliet@example.org', 4096);
const MECHANISMS = ['SCRAM-SHA-1', 'SCRAM-SHA-256-PLUS', 'SCRAM-SHA-512', 'PLAIN'];
const NS_SASL = 'urn:ietf:params:xml:ns:xmpp-sasl';

const saslLine = fc.oneof(
  fc.constantFrom(
    'n,,n=juliet,r=abc',
    'y,,n=juliet,r=abc',
    'p=tls-exporter,,n=juliet,r=abc',
    'n,a=juliet@example.org,n=j=2Cl,r=a',
  ),
  fc.constantFrom(
    'c=biws,r=abcservernonce,p=AAAA',
    'c=cD10bHMtZXhwb3J0ZXIsLGV4cG9ydGVk,r=abcservernonce,p=AAAAAAAAAAAAAAAAAAAAAAAAAAA=',
  ),
  fc.constantFrom('\0juliet\0r0m30', 'juliet@example.org\0juliet\0x', '\0\0', '', 'abort'),
);

/** A client's lines, each one message; the first names the mechanism. Nobody ever knows the password. */
const sasl: Codec = {
  name: 'sasl',
  seeds: [
    'SCRAM-SHA-1\nn,,n=juliet,r=abc\nc=biws,r=abcservernonce,p=AAAA',
    'PLAIN\n\0juliet\0x',
    'PLAIN\n=',
    'SCRAM-SHA-256-PLUS\n\n\n',
  ],
  words: [
    'n,,',
    'y,,',
    'p=tls-exporter,,',
    'n=',
    ',r=',
    ',p=',
    'c=biws',
    '=2C',
    '=3D',
    'm=x,',
    'abcservernonce',
    'AAAA',
    '\0',
    '\n',
    'abort',
    ',',
    '=',
    'é',
    '\u00ad',
  ],
  grammar: fc
    .tuple(fc.constantFrom(...MECHANISMS), fc.array(saslLine, { maxLength: 4 }))
    .map(([mechanism, lines]) => [mechanism, ...lines].join('\n')),
  check(input) {
    const [mechanism = '', ...lines] = input.toString('latin1').split('\n');
    const exchange = refusing(
      () => startSasl(mechanism, context),
      (error) => error instanceof SaslFailure,
    );
    if (exchange === undefined) return 'no mechanism';
    const seen: string[] = [];
    for (const [i, line] of lines.slice(0, 6).entries()) {
      const text = /^=[!-~]*$/.test(line) ? line : Buffer.from(line, 'latin1').toString('base64');
      const name = line === 'abort' ? 'abort' : i === 0 ? 'auth' : 'response';
      const sent = parseElement(serialize(new Element(name, NS_SASL, { mechanism }, text === '' ? [] : [text])));
      let next: SaslInput | undefined = readSasl(sent)?.input;
      for (let turns = 0; next !== undefined; turns++) {
        law(turns < 3, 'it asks for ever');
        const step = exchange.step(next);
        law(!('success' in step), 'signed in without the password');
        next = undefined;
        if ('need' in step) {
          seen.push(step.need);
          next =
            step.need === 'credentials'
              ? { on: 'account', account: { known: true, enabled: true, credentials } }
              : { on: 'verified', matches: false };
        } else {
          seen.push('failure' in step ? step.failure : 'challenge');
          roundTrip(parseElement(serialize(saslAnswer(step))));
        }
      }
    }
    return `${mechanism} ${seen}`;
  },
};

export const xmppCodecs: readonly Codec[] = [rsm, form, presence, error, caps, sasl];
