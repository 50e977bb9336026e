import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { covers } from '#contacts/block-list.ts';
import { type Contact, newContact } from '#contacts/contact.ts';
import { judge, verdictOf } from '#presence/rules/judging.ts';
import { type Listed, readContacts } from '#sip/features/rfc-4825-xcap/contacts-reader.ts';
import { writeContacts } from '#sip/features/rfc-4825-xcap/contacts-writer.ts';
import { type Permissions, readPermissions } from '#sip/features/rfc-4825-xcap/permissions.ts';
import { writePresRules } from '#sip/features/rfc-4825-xcap/pres-rules-writer.ts';
import { deleteElement, NoParent, putElement } from '#sip/xcap/edit.ts';
import { readFragment, readWhole } from '#sip/xcap/fragment.ts';
import { parseBindings, parseSelector, SelectorError, selectOne } from '#sip/xcap/selector.ts';
import { XcapError } from '#sip/xcap/xcap-error.ts';
import { parseXcapUri } from '#sip/xcap/xcap-uri.ts';
import type { Element } from '#xml/element.ts';
import { serialize } from '#xml/serializer.ts';
import { type Codec, law, refusing } from './codec.ts';
import { MARKUP } from './codecs-xml.ts';

const isConflict = (error: unknown) =>
  error instanceof XcapError || error instanceof NoParent || error instanceof SelectorError;

const name = fc.constantFrom('a', 'b', 'c');
const value = fc.constantFrom('1', '2', 'sip:a@b', '&amp;', "'");
const predicate = fc.oneof(
  fc.constant(''),
  fc.nat({ max: 4 }).map((n) => `[${n}]`),
  fc.tuple(name, value).map(([at, is]) => `[@${at}="${is}"]`),
);
const step = fc.tuple(fc.oneof(name, fc.constant('*')), predicate).map(([named, test]) => `${named}${test}`);
const attributes = fc.dictionary(name, value, { maxKeys: 2 });
const tree = [1, 2].reduce(
  (inside) => elementWith(fc.array(inside, { maxLength: 3 }).map((all) => all.join(''))),
  elementWith(fc.constant('')),
);

function elementWith(content: fc.Arbitrary<string>): fc.Arbitrary<string> {
  return fc.tuple(name, attributes, content).map(([named, all, inside]) => {
    const head = Object.entries(all).map(([at, is]) => ` ${at}="${is}"`);
    return `<${named}${head.join('')}>${inside}</${named}>`;
  });
}

/** A selector, an element and a document, a line each. */
const nodes: Codec = {
  name: 'xcap-node',
  seeds: [
    'a/b[@c="1"]\n<b c="1"/>\n<a><b c="2"/></a>',
    'a/b[2][@c="1"]\n<b c="1"/>\n<a><b/><b c="2"/><c/></a>',
    '*/*[1]\n<x/>\n<a/>',
    'a/b/c\n<c/>\n<a/>',
  ],
  words: ['/', '[', ']', '[1]', '@', '="', "='", '*', '::', 'namespace::*', '\n', ...MARKUP],
  grammar: fc
    .tuple(fc.array(step, { minLength: 1, maxLength: 3 }), tree, tree)
    .map(([steps, fragment, document]) => `a/${steps.join('/')}\n${fragment}\n<a>${document}${fragment}</a>`),
  check(input) {
    const [selectorText = '', fragment = '', ...rest] = input.toString('utf8').split('\n');
    const outcome = refusing(() => {
      const selector = parseSelector(selectorText, parseBindings('', ''));
      const { root } = readWhole(rest.join('\n'));
      const put = readFragment(fragment, undefined);
      const edited = putElement(root, selector, put);
      law(
        selectOne(edited.root, selector.steps)?.element === put,
        'RFC 4825 §8.2.3: what was put is not what is there',
      );
      const isDeleted = refusing(() => deleteElement(edited.root, selector), isConflict);
      if (isDeleted === undefined) return 'put, and cannot be deleted';
      law(isDeleted && selectOne(edited.root, selector.steps) === undefined, 'what was deleted is there');
      return edited.isNew ? 'new' : 'replaced';
    }, isConflict);
    return outcome ?? 'refused';
  },
};

const uris: Codec = {
  name: 'xcap-uri',
  seeds: [
    '/resource-lists/users/sip:a@b/index/~~/resource-lists/list%5b@name=%22a%22%5d?xmlns(a=b)',
    '/xcap-caps/global/index',
    '/a/users/%41/b/c',
  ],
  words: ['/', '~~', '%7e', '%', '%00', '..', '?', '#', 'users', 'global', '%ff', 'xmlns(', ')', '^'],
  grammar: fc.webPath().map((path) => `/a/users/b${path}`),
  check(input) {
    const uri = parseXcapUri(input.toString('utf8'));
    if (uri === undefined) return 'none';
    law(uri.path.length > 0 && !uri.path.includes('..') && !uri.path.includes(''), 'a path that leads elsewhere');
    const isBound = refusing(() => parseBindings(uri.query, ''), isConflict) !== undefined;
    return `${uri.tree}${uri.selector === undefined ? '' : ' node'}${isBound ? '' : ' unbound'}`;
  },
};

const NS_LISTS = 'xmlns="urn:ietf:params:xml:ns:resource-lists"';

const lists: Codec = {
  name: 'xcap-resource-lists',
  seeds: [
    `<resource-lists ${NS_LISTS}><list name="a"><display-name>A</display-name><entry uri="sip:a@b.c"><display-name>B</display-name></entry><list name="b"><entry uri="sip:a@b.c"/><external anchor="d"/></list></list></resource-lists>`,
    `<resource-lists ${NS_LISTS}><list><entry uri="pres:a@b.c;d=e"/></list><list/><list name="x"><e xmlns="f"/></list></resource-lists>`,
  ],
  words: ['<list name="::">', '<list>', '</list>', '<entry uri="sip:a@b.c"/>', '<display-name/>', '::', ...MARKUP],
  grammar: fc
    .array(fc.tuple(fc.stringMatching(/^[a-b:]{0,4}$/), fc.array(fc.stringMatching(/^[a-c]$/), { maxLength: 3 })), {
      maxLength: 4,
    })
    .map(
      (groups) =>
        `<resource-lists ${NS_LISTS}>${groups
          .map(
            ([group, people]) =>
              `<list name="${group}">${people.map((one) => `<entry uri="sip:${one}@b.c"/>`).join('')}</list>`,
          )
          .join('')}</resource-lists>`,
    ),
  check(input) {
    const root = refusing(() => readWhole(input.toString('utf8')).root, isConflict);
    const read = root && refusing(() => readContacts(root), isConflict);
    if (read === undefined) return 'refused';
    const contacts = Array.from(read, asContact);
    const written = writeContacts(contacts, root)!;
    law(
      isDeepStrictEqual(plain(readContacts(written)), plain(new Map(contacts.map(asListed)))),
      'other contacts come back',
    );
    law(serialize(writeContacts(contacts, written)!) === serialize(written), 'what is served changes by itself');
    return `contacts: ${Math.min(3, read.size)}`;
  },
};

function asContact([address, { groups, names }]: [string, Listed]): Contact {
  return { ...newContact(address), name: [...names][0] ?? '', groups: [...groups], listed: true, version: 1 };
}

function asListed({ address, name: called, groups }: Contact): [string, Listed] {
  return [address, { groups: new Set(groups), names: new Set(called === '' ? [] : [called]) }];
}

function plain(listed: ReadonlyMap<string, Listed>) {
  return Array.from(listed, ([address, { groups, names }]) => [address, [...groups].sort(), [...names].sort()]).sort();
}

const NS_RULES = 'xmlns="urn:ietf:params:xml:ns:common-policy" xmlns:pr="urn:ietf:params:xml:ns:pres-rules"';
const ALL =
  '<transformations><pr:provide-services><pr:all-services/></pr:provide-services><pr:provide-persons><pr:all-persons/>' +
  '</pr:provide-persons><pr:provide-devices><pr:all-devices/></pr:provide-devices><pr:provide-all-attributes/></transformations>';
const VALIDITY = '<validity><from>2026-01-01T00:00:00Z</from><until>2027-01-01T00:00:00Z</until></validity>';
const who = fc.oneof(
  fc.stringMatching(/^[a-c]$/).map((one) => `<one id="sip:${one}@b.c"/>`),
  fc.constantFrom('<many/>', '<many domain="d.e"/>', '<many domain="b.c"/>', '<many><except id="sip:a@b.c"/></many>'),
);
const rule = fc
  .tuple(
    fc.constantFrom('allow', 'block', 'polite-block', 'confirm'),
    fc.array(who, { maxLength: 3 }),
    fc.constantFrom('', '', '<sphere value="work"/>', VALIDITY),
    fc.constantFrom(ALL, ALL, ''),
  )
  .map(
    ([handling, whom, condition, shown]) =>
      (id: number) =>
        `<rule id="r${id}"><conditions><identity>${whom.join('')}</identity>${condition}</conditions><actions><pr:sub-handling>${handling}</pr:sub-handling></actions>${shown}</rule>`,
  );

const rules: Codec = {
  name: 'xcap-pres-rules',
  seeds: [
    `<ruleset ${NS_RULES}><rule id="a"><conditions><identity><one id="sip:a@b.c"/></identity></conditions><actions><pr:sub-handling>allow</pr:sub-handling></actions>${ALL}</rule><rule id="b"><conditions><identity><many domain="d.e"/></identity></conditions><actions><pr:sub-handling>block</pr:sub-handling></actions></rule></ruleset>`,
  ],
  words: [
    '<one id="sip:a@b.c"/>',
    '<many/>',
    '<except/>',
    '<identity/>',
    'allow',
    'block',
    'confirm',
    'polite-block',
    ...MARKUP,
  ],
  grammar: fc
    .array(rule, { maxLength: 4 })
    .map((all) => `<ruleset ${NS_RULES}>${all.map((one, i) => one(i)).join('')}</ruleset>`),
  check(input) {
    const root = refusing(() => readWhole(input.toString('utf8')).root, isConflict);
    const read = root && refusing(() => readPermissions(root), isConflict);
    if (read === undefined) return 'refused';
    const written = writePresRules(read, 'own@b.c', root)!;
    const again = readPermissions(written);
    law(
      sameMembers(again.allowed, read.allowed) && sameMembers(again.blocked, read.blocked),
      'other permissions come back',
    );
    law(isDeepStrictEqual(verdicts(again), verdicts(read)), 'other rules come back');
    law(serialize(write(read, written)) === serialize(written), 'what is served changes by itself');
    return `allowed ${Math.min(2, read.allowed.size)}, blocked ${Math.min(2, read.blocked.size)}, rules ${Math.min(2, read.rules.length)}`;
  },
};

/** What rules come to for some people; the block list is looked at first. */
function verdicts({ allowed, blocked, rules }: Permissions) {
  return ['a@b.c', 'c@b.c', 'x@d.e', 'y@f.g'].map((address) => {
    if (covers(blocked, address, '')) return 'blocked';
    const judgement = judge(rules, address, { now: 1.78e12, sphere: 'work' });
    return [verdictOf(judgement, allowed.has(address)), judgement?.portion];
  });
}

function write(permissions: Parameters<typeof writePresRules>[0], kept: Element): Element {
  return writePresRules(permissions, 'own@b.c', kept)!;
}

function sameMembers(a: ReadonlySet<string>, b: ReadonlySet<string>): boolean {
  return isDeepStrictEqual([...a].sort(), [...b].sort());
}

export const xcapCodecs: readonly Codec[] = [nodes, uris, lists, rules];
